import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, utils, type ConnectConfig } from 'ssh2';
import { isAlive } from '../../src/launcher/process-table.js';
import type { LabHost } from '../lab/lab-host.js';
import { createLab, LABS, type Lab } from '../lab/lab.js';
import { eventually } from '../support/eventually.js';

let lab: Lab;

beforeAll(async () => {
  lab = await createLab({ hosts: 3, area: { hosts: 1 } });
});

afterAll(() => lab.stop());

const NOTHING = { links: [] as string[], routes: [] as string[], mounts: [] as string[], folders: [] as string[] };

/** What labs could have left on the machine; those of other living processes do not count. */
function machine(): typeof NOTHING {
  const others = existsSync(LABS) ? readdirSync(LABS).filter((id) => isOthers(id)) : [];
  const otherRoutes = others.map((id) => read(join(LABS, id, 'network-b')));
  const links = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).match(/nml[0-9a-f]{4}/g) ?? [];
  const routes = execFileSync('ip', ['route', 'show', 'type', 'unreachable'], { encoding: 'utf8' }).split('\n');
  return {
    links: links.filter((name) => !others.includes(name.slice(3))),
    routes: routes.filter(
      (route) => route.includes('198.1') && !otherRoutes.some((other) => other && route.includes(other)),
    ),
    mounts: readFileSync('/proc/mounts', 'utf8').match(/.*nodeman-lab.*/g) ?? [],
    folders: existsSync(LABS) ? readdirSync(LABS).filter((id) => !others.includes(id)) : [],
  };
}

function isOthers(id: string): boolean {
  const owner = Number(read(join(LABS, id, 'owner')));
  return owner !== process.pid && isAlive(owner);
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

async function login(host: LabHost, how: ConnectConfig, command: string): Promise<string> {
  const client = new Client();
  // One failure may be told twice; the second must not go unheard.
  client.on('error', () => undefined);
  try {
    client.connect({
      host: host.address,
      port: host.port,
      hostVerifier: (key: Buffer) => showsItsKey(host, key),
      ...how,
    });
    await once(client, 'ready');
    return await new Promise((resolve, reject) =>
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let text = '';
        channel.on('data', (chunk: Buffer) => (text += chunk.toString()));
        channel.on('close', () => resolve(text.trim()));
        channel.end();
      }),
    );
  } finally {
    client.destroy();
  }
}

function showsItsKey(host: LabHost, key: Buffer): boolean {
  const expected = utils.parseKey(host.hostPublicKey);
  return !(expected instanceof Error) && expected.getPublicSSH().equals(key);
}

it('lets root in by password and by key, each host by its own', async () => {
  const [first, second] = lab.hosts as [LabHost, LabHost];
  expect(await login(first, { username: 'root', password: first.rootPassword }, 'hostname; id -u')).toBe(
    `${first.name}\n0`,
  );
  expect(await login(second, { username: 'root', privateKey: second.privateKey }, 'hostname')).toBe(second.name);
  await expect(login(second, { username: 'root', password: first.rootPassword }, 'true')).rejects.toThrow(
    'authentication',
  );
  await expect(login(second, { username: 'root', privateKey: first.privateKey }, 'true')).rejects.toThrow(
    'authentication',
  );
});

it('has accounts with sudo by password, without, and none', async () => {
  const [host] = lab.hosts as [LabHost];
  const run = (name: string, command: string) =>
    login(host, { username: name, password: host.account(name).password }, `${command} 2>&1`);
  expect(await run('auto', 'sudo -n id -u')).toBe('0');
  expect(await run('ops', 'sudo -n id -u')).toContain('password is required');
  expect(await run('ops', `echo '${host.account('ops').password}' | sudo -S -p '' id -u`)).toBe('0');
  expect(await run('plain', 'pwd; id -un')).toBe('/home/plain\nplain');
});

it('keeps files and processes of hosts apart, and the machine out of sight', async () => {
  const [first, second] = lab.hosts as [LabHost, LabHost];
  await first.exec('echo mine >/etc/mine; (setsid sleep 777 >/dev/null 2>&1 &)');
  expect((await first.processes()).map(({ command }) => command)).toContain('sleep 777');
  expect((await second.processes()).filter(({ command }) => !command.includes('sshd'))).toEqual([]);
  expect((await second.exec('cat /etc/mine')).code).not.toBe(0);
  expect((await second.exec(`ls -A ${process.cwd()} /tmp /run/nodeman-lab 2>/dev/null`)).stdout).not.toMatch(
    /\.json|nodeman/,
  );
});

it('buries the dead', async () => {
  const [host] = lab.hosts as [LabHost];
  await host.exec('(setsid sh -c "sleep 0.01" >/dev/null 2>&1 &)');
  expect((await host.exec('sleep 0.2; ps -eo stat= | grep -c "^Z"')).stdout.trim()).toBe('0');
});

it('lets hosts reach a server on its address', async () => {
  const server = createServer((socket) => socket.end('hello\n')).listen(0, lab.serverAddress);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const command = `bash -c 'cat </dev/tcp/${lab.serverAddress}/${port}'`;
  expect((await lab.hosts[1]!.exec(command)).stdout).toBe('hello\n');
  server.close();
});

it('closes an area to all but the doors', async () => {
  const [inside] = lab.areaHosts as [LabHost];
  const knock = `timeout 2 bash -c 'head -c 4 </dev/tcp/${inside.address}/22'`;
  expect((await lab.hosts[0]!.exec(knock)).stdout).toBe('SSH-');
  expect((await lab.hosts[1]!.exec(knock)).stdout).toBe('');
  await expect(login(inside, { username: 'root', password: inside.rootPassword }, 'true')).rejects.toThrow(
    /EHOSTUNREACH|ENETUNREACH/,
  );
});

it('unplugs, refuses and powers off', async () => {
  const [, , host] = lab.hosts as [LabHost, LabHost, LabHost];
  const as = { username: 'root', password: host.rootPassword };
  await host.stopSshd();
  await expect(login(host, as, 'true')).rejects.toThrow('ECONNREFUSED');
  await host.startSshd();
  await host.unplug();
  await expect(login(host, { ...as, readyTimeout: 500 }, 'true')).rejects.toThrow();
  await host.plugIn();
  expect(await login(host, as, 'hostname')).toBe(host.name);
  await host.kill();
  expect((await host.exec('true')).code).not.toBe(0);
});

it('brings ten hosts up and leaves nothing behind', async () => {
  const many = await createLab({ hosts: 10 });
  expect(new Set(many.hosts.map(({ address }) => address)).size).toBe(10);
  const namespaces = many.hosts.map(({ name }) => name);
  await many.stop();
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(namespaces[0]);
  await lab.stop();
  expect(machine()).toEqual(NOTHING);
});

it('removes what a lab left behind whose process was killed', async () => {
  const script = `import { createLab } from '${new URL('../lab/lab.ts', import.meta.url).href}';
    const lab = await createLab({ hosts: 2, area: { hosts: 1 } });
    process.stdout.write(lab.hosts[0].name);
    setInterval(() => undefined, 1000);`;
  const loader = fileURLToPath(new URL('../support/register-ts.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', script]);
  const [name] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(machine()).not.toEqual(NOTHING);
  await eventually(() => !execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(name.toString()));
  await (await createLab({ hosts: 1 })).stop();
  expect(machine()).toEqual(NOTHING);
});
