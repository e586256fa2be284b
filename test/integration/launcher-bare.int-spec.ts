import { jest } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgresInstalls } from '../../src/launcher/services/postgres-installs.js';
import { closedFolder } from '../../src/launcher/services/passage.js';
import { findRedisInstalls } from '../../src/launcher/services/redis-installs.js';
import { LauncherProcess, untilNothingHas } from '../support/launcher-process.js';

jest.setTimeout(180_000);

let dataDir: string;
let launcher: LauncherProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nodeman-bare-'));
});

afterEach(async () => {
  launcher?.kill();
  await untilNothingHas(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

/** Runs a command on this machine as if these programs were not installed, and everybody could get at the project. */
function without(programs: readonly string[]): string[] {
  const hide = 'while [ "$1" != -- ]; do mount --bind /dev/null "$1"; shift; done; shift; exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', `${openTheWay()}${hide}`, 'sh', ...programs, '--'];
}

/** Puts another folder in the place of one above the project that others may not pass, with the project in it. */
function openTheWay(): string {
  const project = process.cwd();
  const closed = closedFolder(join(project, 'package.json'), 65_534);
  if (closed === null) return '';
  const mounts = [
    `mount --bind '${project}' /mnt`,
    `mount -t tmpfs -o mode=755 none '${closed}'`,
    `mkdir -p '${project}'`,
    `mount --move /mnt '${project}'`,
    `cd '${project}'`,
  ];
  return `${mounts.join(' && ')} || exit; `;
}

const servers = () => [
  ...findPostgresInstalls().flatMap(({ postgres, isEmbedded }) => (isEmbedded ? [] : [postgres])),
  ...findRedisInstalls().map(({ server }) => server),
];

it('plays the whole demo on a machine with neither PostgreSQL nor Redis', async () => {
  launcher = new LauncherProcess('demo', dataDir, {}, without(servers()));
  await launcher.wrote(/Ctrl-C stops/, 120_000);
  expect(launcher.output).toContain('(inside npm)');
  expect(launcher.output).toContain('!! No Redis was found');
  expect(launcher.output.match(/SUCCESS +OVER_SUCCESS/g)).toHaveLength(5);
  launcher.interrupt();
  expect(await launcher.exited).toBe(0);
});

it('starts as root where user namespaces are off: as nobody, without making an account', async () => {
  const wrapper = without([...servers(), '/usr/bin/unshare']);
  launcher = new LauncherProcess('start', dataDir, {}, wrapper);
  await launcher.wrote(/nodeman runs/, 120_000);
  expect(statSync(join(dataDir, 'postgres/data')).uid).toBe(65534);
  expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600);
  launcher.interrupt();
  expect(await launcher.exited).toBe(0);
});
