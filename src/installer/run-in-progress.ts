import type { RemoteHost } from './remote/remote-host.js';
import type { RunHold } from './run-hold.js';
import type { RunJournal } from './run-journal.js';

/** A run at work. */
export interface RunInProgress {
  readonly hold: RunHold;
  readonly journal: RunJournal;
  readonly host: RemoteHost;
}
