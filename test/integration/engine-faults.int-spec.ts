import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CredentialsService } from '../../src/hosts/credentials.service.js';
import type { Host } from '../../src/hosts/host.entity.js';
import type { Fault } from '../../src/simulator/faults.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import type { OpType } from '../../src/tasks/task.enums.js';
import { atOnce } from '../support/at-once.js';
import { Engine, PASSWORD } from '../support/engine.js';
import { makeKeyPair } from '../support/real-sshd.js';
import { aCorruptingServer, aDownloadOnlyServer } from '../support/file-servers.js';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start({ waitAgentTimeoutSeconds: 4, sshLoginTimeoutSeconds: 4 });
  await engine.startWorker();
}, 60_000);

afterAll(() => engine.close());

async function aCloud(): Promise<number> {
  const [{ id }] = await engine.dataSource.query(
    `INSERT INTO clouds (name, creator) VALUES ('closed', 'ann') RETURNING id`,
  );
  return id;
}

async function endOf(host: Host, opType: OpType = 'INSTALL'): Promise<JobHost> {
  const run = await engine.queue(host, opType);
  const ended = await engine.endOf(run);
  expect((await engine.logOf(run)).join('\n')).not.toContain(PASSWORD);
  return ended;
}

const FAULTS: [Fault, string, RegExp, cause: string][] = [
  ['refused', 'SOCKET_TIMEOUT', /refused the connection/, 'ssh-refused'],
  ['silent', 'SSH_LOGIN_TIMEOUT', /not done within 4 s/, 'sshd-silent'],
  ['stuck-login', 'SSH_LOGIN_TIMEOUT', /not done within 4 s/, 'login-slow'],
  ['wrong-password', 'SSH_WRONG_PASSWORD', /refused the password/, 'root-password-refused'],
  ['no-methods', 'NOT_SUPPORT_AUTH_WAY', /hostbased/, 'no-common-method'],
  ['drop-after:500', 'UNEXPECTED_RETURN', /lost/, 'session-lost'],
  ['reset-after:500', 'UNEXPECTED_RETURN', /lost/, 'session-lost'],
];

async function expectEnd([fault, errCode, why, id]: (typeof FAULTS)[number]): Promise<void> {
  const { host, machine } = await engine.aTarget({ faults: [fault] });
  const ended = await endOf(host);
  expect([ended.status, ended.errCode, ended.errDesc!.en]).toEqual(['FAILED', errCode, expect.stringMatching(why)]);
  expect(ended.failure).toMatchObject({ id });
  expect(ended.errDesc!.en).toContain(`Cause: ${ended.failure!.cause.en}. What to do: ${ended.failure!.remedy.en}`);
  expect(machine.loginAttempts.filter(({ method }) => method === 'password').length).toBeLessThanOrEqual(1);
}

describe('each err_code by its cause', () => {
  it(
    'is told, whatever ails the host',
    () =>
      atOnce({
        ...Object.fromEntries(FAULTS.map((each) => [each[0], () => expectEnd(each)])),
        'a changed host key is SSH_LOGIN_KEY_ERR, before any login, and says how to forget the old one': async () => {
          const { host, machine } = await engine.aTarget({ faults: ['key-change'] });
          expect(await endOf(host)).toMatchObject({ status: 'SUCCESS' });
          const before = machine.loginAttempts.length;
          await machine.disconnect();
          await machine.start();
          await engine.dataSource.query('UPDATE host_keys SET port = $1 WHERE address = $2', [
            machine.port,
            host.innerIp,
          ]);
          await engine.dataSource.query('UPDATE hosts SET port = $1 WHERE id = $2', [machine.port, host.id]);
          const ended = await endOf(host, 'REINSTALL');
          expect(ended.errCode).toBe('SSH_LOGIN_KEY_ERR');
          expect(ended.errDesc!.en).toContain(`DELETE /api/1/hosts/${host.id}/host_keys/`);
          expect(machine.loginAttempts).toHaveLength(before);
        },

        'a key that cannot be read, or is refused, is SSH_LOGIN_KEY_ERR': async () => {
          const { privateKey: key } = await makeKeyPair('-t', 'ed25519');
          const { publicKey: other } = await makeKeyPair('-t', 'ed25519');
          const { host } = await engine.aTarget({ publicKey: other, password: undefined }, { authType: 'KEY' });
          const credentials = engine.server.get(CredentialsService, { strict: false });
          for (const [secret, why] of [
            ['no key at all', /cannot be read/],
            [key, /refused key/],
          ] as const) {
            await credentials.store(engine.dataSource.manager, host.id, 'KEY', secret);
            const ended = await endOf(host);
            expect([ended.errCode, ended.errDesc!.en]).toEqual(['SSH_LOGIN_KEY_ERR', expect.stringMatching(why)]);
          }
        },

        'no credential any more is SSH_LOGIN_EXCEPT, and says how to give it again': async () => {
          const { host } = await engine.aTarget();
          await engine.dataSource.query(`UPDATE credentials SET expires_at = now() WHERE host_id = $1`, [host.id]);
          const ended = await endOf(host, 'UNINSTALL');
          expect([ended.errCode, ended.errDesc!.en]).toEqual([
            'SSH_LOGIN_EXCEPT',
            expect.stringContaining('UPDATE_AUTHINFO'),
          ]);
        },

        'a missing command is COMMAND_NOT_FOUND': async () => {
          const bin = join(engine.folder, 'bin-without-tar');
          await mkdir(bin);
          for (const folder of ['/usr/bin', '/usr/sbin', '/bin']) {
            for (const name of await readdir(folder)) {
              if (!['tar', 'busybox'].includes(name))
                await symlink(join(folder, name), join(bin, name)).catch(() => undefined);
            }
          }
          const { host } = await engine.aTarget({ env: { PATH: bin } });
          const ended = await endOf(host);
          expect([ended.errCode, ended.errDesc!.en]).toEqual(['COMMAND_NOT_FOUND', expect.stringContaining('tar')]);
          expect(ended.failure).toMatchObject({ id: 'commands-missing' });
        },

        'a prefix that cannot be made is INSTALL_FAILED, with the words of the script': async () => {
          const { host, machine } = await engine.aTarget();
          await mkdir(join(machine.root, 'opt'), { recursive: true });
          await writeFile(join(machine.root, 'opt/nodeman'), 'a file, not a folder');
          const ended = await endOf(host);
          expect([ended.errCode, ended.errDesc!.en]).toEqual([
            'INSTALL_FAILED',
            expect.stringContaining('opt/nodeman'),
          ]);
          expect(ended.failure).toMatchObject({ id: 'file-in-the-way' });
        },

        'a host in an area without a proxy is START_JOB_FAILED, and is not gone to directly': async () => {
          const { host, machine } = await engine.aTarget({}, { nodeType: 'PAGENT', cloudId: await aCloud() });
          const ended = await endOf(host);
          expect(ended).toMatchObject({ status: 'FAILED', errCode: 'START_JOB_FAILED', failure: { id: 'no-proxy' } });
          expect(ended.errDesc!.en).toMatch(
            /has no installed proxy\. Cause: .*\. What to do: Install a PROXY in that cloud/,
          );
          expect(machine.connectionCount).toBe(0);
        },
      }),
    90_000,
  );

  it('a file server that gives other bytes, or none, is CURL_FILE_FAILED', async () => {
    const corrupting = await aCorruptingServer();
    await engine.serveFrom(corrupting.address, '127.0.0.1:9');
    const { host } = await engine.aTarget();
    const ended = await endOf(host);
    await engine.serveFrom(await engine.address());
    await corrupting.close();
    expect(ended).toMatchObject({ errCode: 'CURL_FILE_FAILED', failure: { id: 'wrong-checksum' } });
    expect(ended.failure!.evidence).toMatch(/127\.0\.0\.1:9\/download\/.* \(exit code \d+\): /);
    expect(ended.errDesc!.en).toMatch(/\. Evidence: command .*, exit code \d+/);
    expect(ended.finishedSteps).toEqual(['INIT', 'SSH_LOGIN', 'INSTALL_DEP']);
  });

  it('the second file server is used when the first is down', async () => {
    await engine.serveFrom('127.0.0.1:9', await engine.address());
    const { host } = await engine.aTarget();
    const ended = await endOf(host);
    await engine.serveFrom(await engine.address());
    expect(ended.errCode).toBe('SUCCESS');
  });

  it('an agent that cannot report is WAIT_AGENT_TIMEOUT', async () => {
    const server = await aDownloadOnlyServer(await engine.address());
    await engine.serveFrom(server.address);
    const { host, fleet } = await engine.aTarget();
    const ended = await endOf(host);
    await engine.serveFrom(await engine.address());
    expect([ended.errCode, ended.errDesc!.en]).toEqual([
      'WAIT_AGENT_TIMEOUT',
      expect.stringContaining('did not report within 4 s'),
    ]);
    expect(ended.finishedSteps.at(-1)).toBe('REGISTER_CMDB');
    await fleet.stop();
    await server.close();
  });
});

/** A host that nobody can log in to is removed all the same. */
async function expectRemoved(fault: Fault): Promise<void> {
  const { host } = await engine.aTarget({ faults: [fault] }, { agentInstalled: true });
  const run = await engine.queue(host, 'REMOVE');
  expect(await engine.endOf(run)).toMatchObject({ status: 'SUCCESS', errCode: 'SUCCESS' });
  expect((await engine.logOf(run)).join('\n')).toMatch(
    /agent cannot be taken off the host \(.*\n.*its files and processes stay/,
  );
  expect((await engine.hostOf(host.id)).removedAt).not.toBeNull();
}

it(
  'removing ends, whatever ails the host',
  () =>
    atOnce({
      'one that refuses is removed, and is said to keep what it has': () => expectRemoved('refused'),
      'so is one that refuses the password': () => expectRemoved('wrong-password'),
      'so is one that is silent': () => expectRemoved('silent'),

      'it fails when the script fails: then the host could be reached': async () => {
        const { host } = await engine.aTarget({ faults: ['drop-after:100'] });
        expect(await endOf(host, 'REMOVE')).toMatchObject({ status: 'FAILED', errCode: 'UNEXPECTED_RETURN' });
        expect((await engine.hostOf(host.id)).removedAt).toBeNull();
      },

      'a host on which nothing is installed is cleaned': async () => {
        const { host } = await engine.aTarget();
        expect(await endOf(host, 'UNINSTALL')).toMatchObject({ status: 'SUCCESS' });
        expect(await endOf(host, 'REMOVE')).toMatchObject({ status: 'SUCCESS' });
      },
    }),
  60_000,
);

it('hostile output does not keep an agent from being installed', async () => {
  const faults: Fault[] = ['flood:20000000', 'long-line', 'bad-utf8'];
  const install = async (fault: Fault): Promise<void> => {
    const { host } = await engine.aTarget({ faults: [fault] });
    expect(await endOf(host)).toMatchObject({ status: 'SUCCESS' });
  };
  await atOnce(Object.fromEntries(faults.map((fault) => [fault, () => install(fault)])));
}, 60_000);
