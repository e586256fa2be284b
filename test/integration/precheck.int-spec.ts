import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Host } from '../../src/hosts/host.entity.js';
import type { Fault } from '../../src/simulator/faults.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import { Engine } from '../support/engine.js';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start();
  await engine.startWorker();
}, 60_000);

afterAll(() => engine.close());

/** Everything below a folder: names, kinds, modes, times and contents. */
async function pictureOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mode, mtimeMs, size } = await lstat(path);
      const content = (await readFile(path).catch(() => null)) ?? '';
      return `${name} ${mode} ${mtimeMs} ${size} ${createHash('sha256').update(content).digest('hex')}`;
    }),
  );
}

async function check(faults: Fault[] = []): Promise<{ run: JobHost; lines: string[]; host: Host }> {
  const { host } = await engine.aTarget({ faults });
  const run = await engine.endOf(await engine.queue(host, 'PRECHECK'));
  const log = await engine.logOf(run);
  return { run, host, lines: log.filter((line) => /^\[[A-Z_]+\] \[(pass|fail|skip)\]/.test(line)) };
}

describe('a check before an installation', () => {
  it('says what it looked at, line by line, and changes nothing', async () => {
    const { host, machine, fleet } = await engine.aTarget();
    const before = await pictureOf(machine.root);
    const queued = await engine.queue(host, 'PRECHECK');
    const run = await engine.endOf(queued);
    const log = await engine.logOf(run);
    expect([run.errCode, log.join('\n')]).toEqual(['SUCCESS', expect.stringContaining('[pass] disk space: ')]);
    expect(run.finishedSteps).toEqual(['INIT', 'SSH_LOGIN', 'EXECUTE_SCRIPT', 'SCRIPT_DONE']);
    const passed = log.filter((line) => line.includes('] [pass] ')).map((line) => line.replace(/: .*/, ''));
    expect(passed).toEqual(
      expect.arrayContaining([
        ...['[SSH_LOGIN] [pass] route', '[SSH_LOGIN] [pass] TCP port', '[SSH_LOGIN] [pass] SSH login'],
        ...['[SSH_LOGIN] [pass] root', '[EXECUTE_SCRIPT] [pass] system and architecture'],
        ...['[EXECUTE_SCRIPT] [pass] commands', '[EXECUTE_SCRIPT] [pass] clock', '[EXECUTE_SCRIPT] [pass] file server'],
      ]),
    );
    expect(log.at(-1)).toBe(`[OVER_SUCCESS] All ${passed.length} checks passed; nothing was changed on the host`);
    expect(await pictureOf(machine.root)).toEqual(before);
    expect(await fleet.processes()).toEqual([]);
    expect(await engine.hostOf(host.id)).toMatchObject({ agentInstalled: false, agentStatus: 'UNKNOWN' });
  });

  it.each<[Fault, string, RegExp]>([
    ['full-disk', 'INSTALL_FAILED', /^\[EXECUTE_SCRIPT\] \[fail\] disk space: .*Remedy: Free space/],
    ['no-curl', 'COMMAND_NOT_FOUND', /^\[EXECUTE_SCRIPT\] \[fail\] commands: .*Remedy: Install the commands/],
    [
      'foreign-arch',
      'CURL_FILE_FAILED',
      /^\[EXECUTE_SCRIPT\] \[fail\] system and architecture: .*s390x.*Remedy: Upload/,
    ],
    [
      'clock-skew',
      'INSTALL_FAILED',
      /^\[EXECUTE_SCRIPT\] \[fail\] clock: 3\d{3} s ahead of the server's\. Remedy: Set/,
    ],
    [
      'refused',
      'SOCKET_TIMEOUT',
      /^\[SSH_LOGIN\] \[fail\] TCP port: .*refused the connection\. Remedy: See whether sshd/,
    ],
    ['wrong-password', 'SSH_WRONG_PASSWORD', /^\[SSH_LOGIN\] \[fail\] SSH login: .*password.*\. Remedy: Check account/],
  ])('%s ends as %s, with the line that says why', async (fault, errCode, line) => {
    const { run, lines } = await check([fault]);
    expect([run.status, run.errCode, lines]).toEqual([
      'FAILED',
      errCode,
      expect.arrayContaining([expect.stringMatching(line)]),
    ]);
    if (fault === 'full-disk') expect(run.errDesc!.en).toMatch(/^\d of \d+ checks failed: disk space/);
    if (fault === 'wrong-password') {
      expect(lines.slice(0, -1)).toEqual([
        expect.stringContaining('[pass] route'),
        expect.stringContaining('[pass] TCP'),
      ]);
    }
  });

  it('names each file server that the host cannot reach; one that it can is enough', async () => {
    const good = await engine.address();
    await engine.serveFrom('127.0.0.1:1', good);
    const { run, lines } = await check();
    await engine.serveFrom(good);
    const servers = lines.filter((line) => line.includes('file server'));
    expect(servers).toEqual([
      expect.stringMatching(/\[fail\] file server: 127\.0\.0\.1:1: .*Remedy: /),
      expect.stringContaining(`[pass] file server: ${good}`),
    ]);
    expect(run.errCode).toBe('SUCCESS');
    expect((await engine.logOf(run)).at(-1)).toMatch(
      /It can be installed: of \d+ checks, 1 met a file server that does not answer/,
    );
  });

  it('fails when the host reaches none of them', async () => {
    await engine.serveFrom('127.0.0.1:1', '127.0.0.1:2');
    const { run } = await check();
    await engine.serveFrom(await engine.address());
    expect(run.errCode).toBe('CURL_FILE_FAILED');
    expect(run.errDesc!.zh).toMatch(/^\d+ 项检查中有 2 项未通过：文件服务器/);
  });

  it('leaves an installed agent alone', async () => {
    const { host, machine } = await engine.aTarget();
    expect(await engine.endOf(await engine.queue(host, 'INSTALL'))).toMatchObject({ errCode: 'SUCCESS' });
    const columns = async () => {
      const { agentInstalled, agentVersion, agentStatus, agentName } = await engine.hostOf(host.id);
      return { agentInstalled, agentVersion, agentStatus, agentName };
    };
    const before = await columns();
    const conf = await readFile(join(machine.root, 'opt/nodeman/agent/etc/agent.conf'), 'utf8');
    const run = await engine.endOf(await engine.queue(host, 'PRECHECK'));
    expect(run.errCode).toBe('SUCCESS');
    expect((await engine.logOf(run)).join('\n')).toMatch(/\[pass\] installed agent: version \S+ runs/);
    expect(await columns()).toEqual(before);
    expect(await readFile(join(machine.root, 'opt/nodeman/agent/etc/agent.conf'), 'utf8')).toBe(conf);
  }, 40_000);
});
