import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine } from '../support/engine.js';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start();
  await engine.startWorker();
}, 60_000);

afterAll(() => engine.close());

/** A folder of commands that answer as those of a Windows host do: an account with rights, but neither uid 0 nor sudo. */
async function cygwinCommands(): Promise<string> {
  const folder = join(engine.folder, 'cygwin-bin');
  await mkdir(folder);
  const commands = {
    uname: 'case "$*" in -s|"") echo CYGWIN_NT-10.0-19045 ;; -m) echo x86_64 ;; *) exec /bin/uname "$@" ;; esac',
    id: 'case "$*" in -u) echo 197609 ;; *) exec /usr/bin/id "$@" ;; esac',
    sudo: 'exit 127',
  };
  for (const [name, line] of Object.entries(commands)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

it('under Cygwin an account needs no sudo, and there is none', async () => {
  const PATH = `${await cygwinCommands()}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const { host } = await engine.aTarget(
    { account: 'Administrator', env: { PATH } },
    { account: 'Administrator', osType: 'WINDOWS', hasCygwin: true },
  );
  const run = await engine.queue(host, 'UNINSTALL');
  const ended = await engine.endOf(run);
  expect([ended.errCode, await engine.logOf(run)]).toEqual([
    'SUCCESS',
    expect.arrayContaining([expect.stringMatching(/^\[SSH_LOGIN\] The host: .*os=cygwin/)]),
  ]);
}, 60_000);
