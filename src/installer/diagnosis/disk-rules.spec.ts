import { call, packages, provedBy } from '../../../test/support/failure-words.js';
import { DISK_RULES } from './disk-rules.js';

const noSpace = (free: string) => call('install', `no space left on device at /opt/nodeman/agent (${free} KB free)`);

provedBy(DISK_RULES, [
  ['inodes-used-up', noSpace('1839204')],
  ['disk-full', noSpace('0')],
  ['disk-full', call('install', 'cannot make /opt/nodeman/agent/etc: no space left on device')],
  ['disk-full', packages("E: You don't have enough free space in /var/cache/apt/archives/.")],
  ['disk-full', packages('  At least 12MB more space needed on the / filesystem.')],
  [
    'disk-full',
    call('install', 'the package cannot be unpacked', 'tar: bin/agent: Cannot write: No space left on device'),
  ],
  ['disk-full', call('install', 'it', 'dd: error writing ‘/opt/x’: No space left on device')],
  ['disk-full', call('install', '1 of 9 checks failed: disk space', '12 KB free at /opt, 65536 KB are needed')],
  ['quota-exceeded', call('install', 'the disk quota is used up at /home/opt')],
  ['quota-exceeded', call('install', 'it', 'dd: closing output file ‘x’: Disk quota exceeded')],
  ['read-only', call('install', '/opt/nodeman is on a read-only file system')],
  ['read-only', call('install', 'cannot make /opt/nodeman/run: Read-only file system')],
  [
    'disk-broken',
    call('install', 'the package cannot be unpacked (tar exit code 2)', 'tar: lib: Cannot open: Input/output error'),
  ],
  ['disk-broken', call('install', 'cannot make /opt/nodeman/run: Stale file handle')],
  ['noexec', call('install', 'programs cannot be started from /opt/nodeman/agent: its file system is mounted noexec')],
  ['file-in-the-way', call('install', 'cannot make /opt/nodeman/agent/versions: File exists')],
  ['file-in-the-way', call('install', 'cannot make /opt/nodeman/run: Not a directory')],
  ['file-immutable', call('install', '1 of 9 checks failed: writable', '/opt is immutable (chattr +i)')],
  ['file-immutable', call('install', 'it', "mv: cannot move 'a' to 'b': Operation not permitted")],
  ['file-immutable', call('install', 'it', "rm: cannot remove '/opt/nodeman/agent/current': Operation not permitted")],
]);
