import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LabAccount, LabHostPlan } from './lab-plan.js';

const FIRST_ID = 20_001;

/** sshd goes into the background before it listens; its pid file comes after. */
const START_SSHD = `rm -f /run/sshd.pid
/usr/sbin/sshd -f /etc/lab/sshd_config -E /var/log/sshd.log || exit
until [ -s /run/sshd.pid ]; do sleep 0.01; done
`;

/** Writes what makes a host different from the machine below `folder`, ready to be copied over its root. */
export function writeHostFiles(folder: string, plan: LabHostPlan, hashes: ReadonlyMap<string, string>): void {
  const write = (path: string, text: string, mode = 0o644, owner = 0) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    chownSync(file, owner, owner);
  };
  const accounts = plan.accounts.map((account, index) => ({ ...account, id: FIRST_ID + index }));
  const hash = ({ password }: LabAccount) => hashes.get(password)!;
  const lines = (text: (account: (typeof accounts)[number]) => string) => accounts.map(text).join('');

  write(
    'etc/passwd',
    readFileSync('/etc/passwd', 'utf8') + lines((a) => `${a.name}:x:${a.id}:${a.id}::${a.home}:${a.shell}\n`),
  );
  write('etc/group', readFileSync('/etc/group', 'utf8') + lines((a) => `${a.name}:x:${a.id}:\n`));
  const shadow = readFileSync('/etc/shadow', 'utf8').replace(
    /^root:[^:]*:/m,
    () => `root:${hashes.get(plan.rootPassword)}:`,
  );
  write('etc/shadow', shadow + lines((a) => `${a.name}:${hash(a)}:19000:0:99999:7:::\n`), 0o640);
  write(
    'etc/sudoers.d/lab',
    lines((a) => sudoers(a)),
    0o440,
  );
  write('etc/hostname', `${plan.name}\n`);
  write('etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${plan.name}\n`);
  write('etc/machine-id', `${randomBytes(16).toString('hex')}\n`);
  write('etc/lab/network', networkScript(plan));
  write('etc/lab/sshd', START_SSHD);
  write('etc/lab/host_key', plan.hostPrivateKey, 0o600);
  write('etc/lab/sshd_config', sshdConfig(plan));
  write('root/.ssh/authorized_keys', `${plan.publicKey}\n`, 0o600);
  for (const { home, id } of accounts.filter((account) => account.home !== '/nonexistent')) {
    write(join(home, '.ssh/authorized_keys'), `${plan.publicKey}\n`, 0o600, id);
    chownSync(join(folder, home), id, id);
    chownSync(join(folder, home, '.ssh'), id, id);
  }
}

/** The crypt(3) hash of each password, by one process for all. */
export function hashPasswords(passwords: readonly string[]): Map<string, string> {
  const result = spawnSync('openssl', ['passwd', '-6', '-stdin'], {
    input: `${passwords.join('\n')}\n`,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`openssl passwd: ${result.error?.message ?? result.stderr}`);
  const hashes = result.stdout.trim().split('\n');
  return new Map(passwords.map((password, index) => [password, hashes[index]!]));
}

function sudoers({ name, sudo }: LabAccount): string {
  if (sudo === 'none') return '';
  return `${name} ALL=(ALL) ${sudo === 'nopasswd' ? 'NOPASSWD: ' : ''}ALL\n`;
}

function networkScript({ links }: LabHostPlan): string {
  const commands = links.map(
    ({ name, address, gateway }) =>
      `ip addr add ${address}/24 dev ${name}\nip link set ${name} up\n` +
      (gateway ? `ip route add default via ${gateway}\n` : ''),
  );
  return `set -e\n${commands.join('')}`;
}

/** The first value counts in sshd_config, so a test's own lines come first. */
function sshdConfig({ sshd }: LabHostPlan): string {
  const lines = [
    ...sshd,
    'Port 22',
    'HostKey /etc/lab/host_key',
    'PidFile /run/sshd.pid',
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'PubkeyAuthentication yes',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'UseDNS no',
    'LogLevel VERBOSE',
  ];
  return `${lines.join('\n')}\n`;
}
