import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { AppError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { ArchiveRules } from './archive-rules.js';
import { PackageRefusedError } from './package.errors.js';
import { type PackageManifest, parseManifest, PROGRAM_KEYS } from './package-manifest.js';

const MANIFEST = 'manifest';
const MAX_MANIFEST_BYTES = 64 * 1024;
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** Programs pack three to ten times smaller; far beyond that it is made to fill a disk. */
const MAX_RATIO = 200;
/** So little that its ratio says nothing: a tiny archive is mostly padding. */
const ALWAYS_ALLOWED_BYTES = 16 * 1024 ** 2;

/**
 * Reads a package through, keeping nothing of it but its manifest.
 * @throws PackageRefusedError when it is no gzipped tar, has entries that it may not have, unpacks to too much, or its manifest is
 * missing or not valid
 */
export async function checkArchive(packed: Readable, packedBytes: number): Promise<PackageManifest> {
  const rules = new ArchiveRules();
  let manifest: PackageManifest | null = null;
  const tar = extract();
  tar.on('entry', (header, content, next) => {
    // A failure of the whole archive ends the entry too, and is reported by the pipeline.
    content.on('error', () => undefined);
    readEntry(rules, header, content).then((found) => {
      manifest ??= found;
      next();
    }, next);
  });
  try {
    await pipeline(packed, createGunzip(), unpackedLimit(packedBytes), tar);
  } catch (error) {
    throw error instanceof AppError || isOwnFault(error) ? error : unreadable(error);
  }
  // Widened again: the compiler does not see that the callback assigns.
  const read = manifest as PackageManifest | null;
  if (!read) throw refused('缺少顶层 manifest 文件', 'There is no file "manifest" at its top');
  const missing = PROGRAM_KEYS.find((key) => !rules.holds(plain(read.values[key]!)));
  if (missing)
    throw refused(`manifest 的 ${missing} 指向的文件不存在`, `What "${missing}" of its manifest names is not in it`);
  return read;
}

/** The bytes of an entry, which have to be read or let go before the next one comes. */
interface Content extends AsyncIterable<unknown> {
  resume(): unknown;
}

async function readEntry(rules: ArchiveRules, header: Header, content: Content): Promise<PackageManifest | null> {
  const path = rules.admit(header);
  if (path !== MANIFEST) {
    content.resume();
    return null;
  }
  if (header.type !== 'file' || (header.size ?? 0) > MAX_MANIFEST_BYTES) {
    throw refused('manifest 必须是不超过 64 KiB 的普通文件', 'The manifest has to be a plain file of at most 64 KiB');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return parseManifest(Buffer.concat(chunks).toString('utf8'));
}

/** Ends the reading of what unpacks to more than any package should. */
function unpackedLimit(packedBytes: number): Transform {
  const limit = Math.min(MAX_UNPACKED_BYTES, ALWAYS_ALLOWED_BYTES + packedBytes * MAX_RATIO);
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(refused('解压后的内容过大', 'It unpacks to too much'));
      else done(null, chunk);
    },
  });
}

function plain(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '.')
    .join('/');
}

/** Trouble with our own disk is not the uploader's. */
function isOwnFault(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function unreadable(error: unknown): PackageRefusedError {
  const detail = error instanceof Error ? error.message : String(error);
  return refused(`不是完整的 tar.gz：${detail}`, `It is no whole tar.gz: ${detail}`);
}

function refused(zh: string, en: string): PackageRefusedError {
  return new PackageRefusedError(new Text(zh, en));
}
