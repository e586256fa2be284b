import { Injectable } from '@nestjs/common';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import type { RunJournal } from '../run-journal.js';
import { killGroup } from './emergency-brake.js';
import { HostLogin, type Login } from './host-login.js';
import type { HostRoute } from './host-route.js';
import { HostRoutes } from './host-routes.js';
import { RemoteScript } from './remote-script.js';
import { ScriptSource } from './script-source.js';

const STOP_WITHIN_MS = 3_000;

/**
 * What is known about our processes on a host after a stop: `none` were started, all are `gone`, or that could not be
 * seen.
 */
export type StopProof = 'none' | 'gone' | 'unproven';

/** The host of one run, as its steps see it: one session, and on it one script, opened when first needed. */
export class RemoteHost {
  private login: Login | null = null;
  private running: RemoteScript | null = null;
  private isUnproven = false;

  constructor(
    private readonly logins: HostLogin,
    private readonly source: ScriptSource,
    private readonly route: HostRoute,
    private readonly run: ClaimedRun,
    private readonly journal: RunJournal,
  ) {}

  /**
   * The script on the host, ready for calls.
   * @throws LoginFailure when the host does not let us in; RunFailure when the script does not start; ProxyFailedError
   *   when the way to the host is at fault; the signal's reason when that aborts
   */
  async script(signal: AbortSignal): Promise<RemoteScript> {
    if (this.running) return this.running;
    this.login ??= await this.logins.open(this.run, this.route, this.journal, signal);
    const { session, elevation } = this.login;
    this.isUnproven = true;
    this.running = await RemoteScript.start(session, {
      text: await this.source.read(),
      elevation,
      mask: (line) => this.journal.redactor.mask(line),
      onText: (line) => this.journal.quote(line),
      signal,
    });
    this.running.set('node_type', this.run.nodeType);
    this.running.set('account', this.run.account);
    return this.running;
  }

  /**
   * Settles what becomes of a step that failed: returns when it may be done again, by another way to the host, and
   * what was there is left behind: a script whose session dies ends itself, and is ended by the next one in any case.
   * @throws what the run fails with
   */
  async reroute(error: unknown, signal: AbortSignal): Promise<void> {
    await this.route.another(error, signal);
    const { login } = this;
    this.running = null;
    this.login = null;
    void login?.session.close();
  }

  /** Ends the script and all that it started, by asking it, else by force; and looks. May be called at any moment. */
  async stop(): Promise<StopProof> {
    const { running, login } = this;
    this.running = null;
    if (!this.isUnproven) return 'none';
    if (login === null) return 'unproven';
    let isGone = running !== null && (await running.stop(STOP_WITHIN_MS));
    if (!isGone && running?.group) isGone = await killGroup(login.session, login.elevation, running.group);
    this.isUnproven = !isGone;
    return isGone ? 'gone' : 'unproven';
  }

  /** Leaves the host. A script that still runs ends itself, since its session dies. Never throws. */
  async close(): Promise<void> {
    const { login } = this;
    this.running = null;
    this.login = null;
    this.journal.redactor.clear();
    await login?.session.close();
  }
}

/** Makes the `RemoteHost` of a run. */
@Injectable()
export class RemoteHosts {
  constructor(
    private readonly logins: HostLogin,
    private readonly source: ScriptSource,
    private readonly routes: HostRoutes,
  ) {}

  of(run: ClaimedRun, journal: RunJournal): RemoteHost {
    return new RemoteHost(this.logins, this.source, this.routes.of(run, journal), run, journal);
  }
}
