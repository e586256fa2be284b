import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { onBench } from '../support/on-bench.js';
import type { TargetBench } from '../support/target-bench.js';
import type { TargetShell } from '../support/target-shell.js';

const SHELLS = [{ shell: ['dash'] }, { shell: ['bash'] }, { shell: ['busybox', 'ash'] }, { shell: ['ksh'] }];
const BLOB = 'AAAAC3NzaC1lZDI1NTE5AAAAIB7+jjSZo4YkdFvJ8hXhVo/Zs8bOQ2lqE1GJgC3mZsZP';
const KEY = `ssh-ed25519 ${BLOB} nodeman`;
const LINE = `restrict,port-forwarding,command="/bin/false" ${KEY}\n`;
const OTHER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO7+jjSZo4YkdFvJ8hXhVo/Zs8bOQ2lqE1GJgC3mZsZP';

/** Several run at once, each on a bench of its own. */
jest.setTimeout(60_000);

const failure = (why: string) => ({ code: 1, fail: expect.stringContaining(why) });
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Its agent is installed, and it knows what to trust. */
async function ready(bench: TargetBench, target: TargetShell, account = 'root'): Promise<TargetShell> {
  await bench.installed(target);
  target.set({ server_key: KEY, account });
  return target;
}

const keysFile = (bench: TargetBench) => join(bench.root, 'home/.ssh/authorized_keys');

/** Writes bytes where keys are; null: nothing is there. */
function keysAre(bench: TargetBench, bytes: string | null): void {
  if (bytes === null) return;
  mkdirSync(dirname(keysFile(bench)), { recursive: true });
  writeFileSync(keysFile(bench), bytes, 'latin1');
}

const keys = (bench: TargetBench) => (existsSync(keysFile(bench)) ? readFileSync(keysFile(bench), 'latin1') : null);

describe('puts the key into what is there and takes it out again, byte for byte:', () => {
  const BEFORE = [
    ['no file', null],
    ['an empty file', ''],
    ['other keys', `# mine\n\n${OTHER} a\r\nfrom="10.0.0.1" ${OTHER} b\n`],
    ['no newline at the end', `${OTHER} a\n${OTHER} \xfe\xff`],
    ['a comment with the key', `# ssh-ed25519 ${BLOB} before\n`],
  ] as const;

  it.concurrent.each(SHELLS.flatMap(({ shell }) => BEFORE.map(([what, before]) => ({ shell, what, before }))))(
    '$what, under $shell',
    onBench(async (bench, { shell, before }) => {
      keysAre(bench, before);
      const target = await ready(bench, await bench.session(shell));
      for (let i = 0; i < 2; i++) expect(await target.call('trust')).toMatchObject({ code: 0, fail: '' });
      const gap = before === null || before === '' || before.endsWith('\n') ? '' : '\n';
      expect(keys(bench)).toBe(`${before ?? ''}${gap}${LINE}`);
      expect(await target.call('uninstall')).toMatchObject({ code: 0, fail: '' });
      expect(keys(bench)).toBe(before);
      expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    }),
  );
});

describe('trust', () => {
  it.concurrent(
    'makes folder and file for the account alone',
    onBench(async (bench) => {
      const target = await ready(bench, await bench.session());
      await target.call('trust');
      expect([mode(dirname(keysFile(bench))), mode(keysFile(bench))]).toEqual(['700', '600']);
    }),
  );

  it.concurrent(
    'replaces a line that gives the key other rights',
    onBench(async (bench) => {
      keysAre(bench, `${KEY}\n${OTHER} a\nno-pty ssh-ed25519   ${BLOB}\n`);
      const target = await ready(bench, await bench.session());
      expect(await target.call('trust')).toMatchObject({ code: 0 });
      expect(keys(bench)).toBe(`${OTHER} a\n${LINE}`);
    }),
  );

  it.concurrent(
    'takes back out of every file that was given it, wherever the account is now',
    onBench(async (bench) => {
      const target = await ready(bench, await bench.session());
      await target.call('trust');
      const elsewhere = join(bench.base, 'keys of another');
      writeFileSync(elsewhere, `${OTHER} a\n${LINE}${OTHER} added later\n`);
      writeFileSync(bench.home('etc/trusted'), `${bench.text('etc/trusted')}${BLOB} n ${elsewhere}\n`);
      writeFileSync(keysFile(bench), `${readFileSync(keysFile(bench), 'utf8')}${OTHER} added later\n`);
      expect(await target.call('uninstall')).toMatchObject({ code: 0 });
      expect(readFileSync(elsewhere, 'utf8')).toBe(`${OTHER} a\n${OTHER} added later\n`);
      expect(keys(bench)).toBe(`${OTHER} added later\n`);
    }),
  );

  it.concurrent(
    'refuses what is no key and no account, and what is no file',
    onBench(async (bench) => {
      const target = await ready(bench, await bench.session());
      target.set({ server_key: `command="x" ${KEY}` });
      expect(await target.call('trust')).toMatchObject({ code: 64, fail: expect.stringContaining("'server_key'") });
      target.set({ server_key: KEY, account: 'root;id' });
      expect(await target.call('trust')).toMatchObject({ code: 64, fail: expect.stringContaining("'account'") });
      target.set({ account: 'root' });
      mkdirSync(keysFile(bench), { recursive: true });
      expect(await target.call('trust')).toMatchObject({
        code: 1,
        fail: `INSTALL_FAILED ${keysFile(bench)} is no file`,
      });
    }),
  );

  it.concurrent(
    'shows in gone when the key came back',
    onBench(async (bench) => {
      const target = await ready(bench, await bench.session());
      await target.call('trust');
      await target.call('uninstall');
      keysAre(bench, LINE);
      expect(await target.call('gone')).toMatchObject({
        code: 1,
        fail: `INSTALL_FAILED still here: the server's key in ${keysFile(bench)}`,
      });
    }),
  );
});

/** As root, with other accounts than this machine's. */
describe('trust as root', () => {
  const homes = (bench: TargetBench) => join(bench.base, 'homes');
  const deploy = (bench: TargetBench) => join(homes(bench), 'deploy');

  /** A host on which /home is `homes`, with an account `deploy` and one without a home folder. */
  async function host(bench: TargetBench, sshdConfig = ''): Promise<TargetShell> {
    mkdirSync(deploy(bench), { recursive: true });
    chownSync(deploy(bench), 4000, 4000);
    chmodSync(deploy(bench), 0o755);
    const passwd = 'deploy:x:4000:4000::/home/deploy:/bin/sh\nlost:x:4001:4001::/home/lost:/bin/sh\n';
    writeFileSync(join(bench.base, 'passwd'), `${readFileSync('/etc/passwd', 'utf8')}${passwd}`);
    writeFileSync(join(bench.base, 'sshd_config'), sshdConfig);
    const mounts = [
      'mount -t tmpfs tmpfs /opt',
      `mount --rbind ${homes(bench)} /home`,
      `mount --bind ${join(bench.base, 'passwd')} /etc/passwd`,
      `mount --bind ${join(bench.base, 'sshd_config')} /etc/ssh/sshd_config`,
    ];
    return bench.host(mounts.join(' && '));
  }

  it.concurrent(
    'makes the account the owner, and warns of what sshd would not believe',
    onBench(async (bench) => {
      const target = await ready(bench, await host(bench, 'AllowTcpForwarding no\n'), 'deploy');
      chmodSync(deploy(bench), 0o775);
      const { code, text } = await target.call('trust');
      expect(code).toBe(0);
      expect(text).toContain('sshd of this host forwards no connections (AllowTcpForwarding no)');
      expect(text).toContain('/home/deploy can be written by others than its owner');
      const file = join(deploy(bench), '.ssh/authorized_keys');
      expect(readFileSync(file, 'utf8')).toBe(LINE);
      expect([mode(dirname(file)), mode(file)]).toEqual(['700', '600']);
      for (const path of [dirname(file), file]) expect([statSync(path).uid, statSync(path).gid]).toEqual([4000, 4000]);
      expect(await target.call('uninstall')).toMatchObject({ code: 0 });
      expect(readdirSync(deploy(bench))).toEqual([]);
    }),
  );

  it.concurrent(
    'keeps owner and mode of a file that is there',
    onBench(async (bench) => {
      const target = await ready(bench, await host(bench), 'deploy');
      const file = join(deploy(bench), '.ssh/authorized_keys');
      mkdirSync(dirname(file));
      writeFileSync(file, `${OTHER} a\n`, { mode: 0o640 });
      chownSync(file, 4000, 4002);
      await target.call('trust');
      await target.call('uninstall');
      expect(readFileSync(file, 'utf8')).toBe(`${OTHER} a\n`);
      expect([statSync(file).uid, statSync(file).gid, mode(file)]).toEqual([4000, 4002, '640']);
    }),
  );

  it.concurrent(
    'writes where sshd looks',
    onBench(async (bench) => {
      const target = await ready(bench, await host(bench, 'AuthorizedKeysFile /opt/keys/%u .ssh/more\n'), 'deploy');
      expect(await target.call('trust')).toMatchObject({
        code: 1,
        fail: 'INSTALL_FAILED the folder /opt/keys, where sshd looks for keys, is missing',
      });
      writeFileSync(join(bench.base, 'sshd_config'), 'AuthorizedKeysFile %h/keys-of-%u\n');
      await target.call('trust');
      expect(readFileSync(join(deploy(bench), 'keys-of-deploy'), 'utf8')).toBe(LINE);
      writeFileSync(join(bench.base, 'sshd_config'), 'AuthorizedKeysFile none\n');
      expect(await target.call('trust')).toMatchObject(failure('AuthorizedKeysFile none'));
    }),
  );

  it.concurrent(
    'does not write through another account’s links, nor where there is no home',
    onBench(async (bench) => {
      const target = await ready(bench, await host(bench), 'deploy');
      const victim = join(bench.base, 'victim');
      mkdirSync(victim);
      symlinkSync(victim, join(deploy(bench), '.ssh'));
      expect(await target.call('trust')).toMatchObject({
        code: 1,
        fail: expect.stringMatching(/^INSTALL_FAILED \/home\/deploy\/\.ssh is a symbolic link/),
      });
      expect(readdirSync(victim)).toEqual([]);
      target.set({ account: 'lost' });
      expect(await target.call('trust')).toMatchObject(failure('no home folder (/home/lost)'));
      target.set({ account: 'nobody-knows-me' });
      expect(await target.call('trust')).toMatchObject(failure("knows no account 'nobody-knows-me'"));
    }),
  );

  it(
    'loses no key on a full disk',
    onBench(async (bench) => {
      const file = join(deploy(bench), '.ssh/authorized_keys');
      const before = `${OTHER} a\n`.repeat(60);
      mkdirSync(dirname(file), { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', dirname(file)]);
      try {
        writeFileSync(file, before);
        const target = await ready(bench, await host(bench), 'deploy');
        expect(await target.call('trust')).toMatchObject({
          code: 1,
          fail: expect.stringMatching(
            /^INSTALL_FAILED cannot write \/home\/deploy\/\.ssh\/authorized_keys: no space left/,
          ),
          ran: ['1 write /home/deploy/.ssh/authorized_keys'],
        });
        expect(readFileSync(file, 'utf8')).toBe(before);
        expect(readdirSync(dirname(file))).toEqual(['authorized_keys']);
        expect(await target.stop()).toBe(0);
      } finally {
        execFileSync('umount', ['-l', dirname(file)]);
      }
    }),
  );

  it.concurrent(
    'finds the configuration of the sshd that the session came through',
    onBench(async (bench) => {
      const port = await freePort();
      const sshd = join(bench.base, 'sshd');
      mkdirSync(sshd);
      for (const name of ['host', 'client'])
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshd, name)]);
      const config = [
        'UsePAM no',
        `HostKey ${sshd}/host`,
        'AuthorizedKeysFile /opt/%u.keys',
        `ListenAddress 127.0.0.1:${port}`,
      ];
      writeFileSync(join(sshd, 'config'), `${config.join('\n')}\n`);
      writeFileSync(join(sshd, 'shadow'), 'root:*:19000:0:99999:7:::\nsshd:*:19000::::::\n', { mode: 0o600 });
      const login = `ssh -q -i ${sshd}/client -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p ${port} root@127.0.0.1`;
      const commands = [
        `mount -t tmpfs -o mode=755 tmpfs /opt && mount --bind ${sshd}/shadow /etc/shadow && mkdir -p /run/sshd`,
        `cp ${sshd}/client.pub /opt/root.keys && /usr/sbin/sshd -f ${sshd}/config`,
        `exec ${login} "sh -c '$2'"`,
      ];
      const target = await ready(bench, await bench.host(commands.join(' && ')));
      expect((await target.call('trust')).text).toContain(
        "the server's key is in /opt/root.keys, for forwarding alone",
      );
      expect((await target.call('uninstall')).text).toContain("took the server's key out of /opt/root.keys");
    }),
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
