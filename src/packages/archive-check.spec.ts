import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { checkArchive } from './archive-check.js';
import { PackageRefusedError } from './package.errors.js';

type Entry = Partial<Parameters<ReturnType<typeof pack>['entry']>[0]> & { name: string; content?: string | Buffer };

const MANIFEST = [
  ...['name=agent', 'version=1.0', 'os=linux', 'arch=any'],
  ...['start=bin/start', 'stop=bin/stop', 'status=bin/start'],
].join('\n');

const GOOD: Entry[] = [
  { name: './', type: 'directory' },
  { name: './manifest', content: MANIFEST },
  { name: './bin/start', content: '#!/bin/sh\n' },
  { name: './bin/stop', type: 'symlink', linkname: 'start' },
];

async function archiveOf(entries: Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, content ?? '');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

const check = (bytes: Buffer) => checkArchive(Readable.from([bytes]), bytes.length);
const checkEntries = async (...entries: Entry[]) => check(await archiveOf(entries));

async function reasonOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PackageRefusedError) return error.reason.en;
    throw error;
  }
  throw new Error('the archive was taken');
}

describe('the check of an archive', () => {
  it('takes a package and reads its manifest', async () => {
    expect(await checkEntries(...GOOD)).toMatchObject({ name: 'agent', version: '1.0', os: 'linux', arch: 'any' });
  });

  it.each<[string, Entry]>([
    ['a link beside it', { name: 'lib/a', type: 'symlink', linkname: './b' }],
    ['a link up to the top', { name: 'lib/x/a', type: 'symlink', linkname: '../../bin/start' }],
    ['a hard link to a file before it', { name: 'again', type: 'link', linkname: './bin/start' }],
    ['names in any script', { name: '文档/说明.txt', content: 'x' }],
    ['a path too long for the old header', { name: `${'d'.repeat(120)}/${'f'.repeat(120)}`, content: 'x' }],
    ['a file larger than a chunk', { name: 'big', content: Buffer.alloc(300_000, 7) }],
  ])('takes %s', async (_what, entry) => {
    await expect(checkEntries(...GOOD, entry)).resolves.toMatchObject({ name: 'agent' });
  });

  it.each<[string, Entry, RegExp]>([
    ['an absolute path', { name: '/etc/passwd', content: 'x' }, /no relative path/],
    ['a path that climbs', { name: 'bin/../../x', content: 'x' }, /no relative path/],
    ['a path that only seems to climb', { name: 'bin/../x', content: 'x' }, /no relative path/],
    ['a backslash', { name: 'bin\\..\\x', content: 'x' }, /no relative path/],
    ['a control character', { name: 'bin/\u001b[2J', content: 'x' }, /no relative path/],
    ['a path of 70 folders', { name: `${'d/'.repeat(70)}x`, content: 'x' }, /too long/],
    ['an absolute link', { name: 'etc', type: 'symlink', linkname: '/etc' }, /points out/],
    ['a link that climbs out', { name: 'bin/up', type: 'symlink', linkname: '../..' }, /points out/],
    ['a link that climbs behind a name', { name: 'bin/up', type: 'symlink', linkname: 'start/../../..' }, /points out/],
    ['a hard link out', { name: 'shadow', type: 'link', linkname: '/etc/shadow' }, /points out/],
    ['a hard link that climbs', { name: 'shadow', type: 'link', linkname: '../bin/start' }, /points out/],
    ['a hard link to nothing', { name: 'shadow', type: 'link', linkname: 'nothing' }, /points out/],
    ['a hard link to a link', { name: 'again', type: 'link', linkname: 'bin/stop' }, /points out/],
    [
      'a character device',
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
      /no file, folder or link/,
    ],
    ['a pipe', { name: 'pipe', type: 'fifo' }, /no file, folder or link/],
    ['a file below a link', { name: 'bin/stop/x', content: 'x' }, /below a link/],
    ['a file below a file', { name: 'manifest/x', content: 'x' }, /below a link or a file/],
    ['a file in place of a folder', { name: 'bin', content: 'x' }, /twice/],
    ['a link in place of a folder', { name: 'bin', type: 'symlink', linkname: 'lib' }, /twice/],
    ['a folder in place of a link', { name: 'bin/stop', type: 'directory' }, /twice/],
    ['a second manifest', { name: 'manifest', content: MANIFEST }, /twice/],
    ['a sparse file', { name: 'x', content: 'x', pax: { 'GNU.sparse.name': '/etc/x' } }, /sparse/],
  ])('refuses %s', async (_what, entry, reason) => {
    expect(await reasonOf(checkEntries(...GOOD, entry))).toMatch(reason);
  });

  it('refuses an archive without a manifest at its top', async () => {
    const rest = GOOD.filter(({ name }) => name !== './manifest');
    expect(await reasonOf(checkEntries(...rest, { name: 'sub/manifest', content: MANIFEST }))).toMatch(
      /no file "manifest"/,
    );
    expect(await reasonOf(checkEntries(...rest, { name: 'manifest', type: 'symlink', linkname: 'bin/start' }))).toMatch(
      /plain file/,
    );
    expect(await reasonOf(checkEntries())).toMatch(/no file "manifest"/);
  });

  it('refuses a manifest that names a program that is not there', async () => {
    const rest = GOOD.filter(({ name }) => name !== './bin/stop');
    expect(await reasonOf(checkEntries(...rest))).toMatch(/"stop"/);
  });

  it('refuses more entries than any agent has', async () => {
    const many = Array.from({ length: 20_001 }, (_, i) => ({ name: `f${i}`, content: '' }));
    expect(await reasonOf(checkEntries(...GOOD, ...many))).toMatch(/too many/);
  });

  it('refuses what unpacks to far more than it is', async () => {
    expect(await reasonOf(checkEntries(...GOOD, { name: 'zeros', content: Buffer.alloc(64 * 1024 ** 2) }))).toMatch(
      /too much/,
    );
  });

  it('refuses what is no whole gzipped tar', async () => {
    const whole = await archiveOf(GOOD);
    expect(await reasonOf(check(Buffer.from('hello')))).toMatch(/no whole tar.gz/);
    expect(await reasonOf(check(Buffer.alloc(0)))).toMatch(/no whole tar.gz|no file "manifest"/);
    expect(await reasonOf(check(whole.subarray(0, whole.length - 20)))).toMatch(/no whole tar.gz/);
    expect(await reasonOf(check(gzipSync('not a tar, but long enough to be taken for a header'.repeat(20))))).toMatch(
      /no whole tar.gz/,
    );
  });
});
