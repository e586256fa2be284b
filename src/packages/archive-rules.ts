import { posix } from 'node:path';
import type { Header } from 'tar-stream';
import { Text } from '../common/i18n/text.js';
import { PackageRefusedError } from './package.errors.js';

const MAX_ENTRIES = 20_000;
const MAX_PATH_BYTES = 1_024;
const MAX_DEPTH = 64;

/** Judges the entries of an archive one after the other: nothing may be written outside of the folder it is unpacked in. */
export class ArchiveRules {
  private entries = 0;
  private readonly files = new Set<string>();
  private readonly symlinks = new Set<string>();
  private readonly folders = new Set<string>();

  /**
   * The entry's path in its plain form, `''` for the archive's own folder.
   * @throws PackageRefusedError when the entry may not be there
   */
  admit(header: Header): string {
    if (++this.entries > MAX_ENTRIES) throw refused(`${MAX_ENTRIES}+`, '条目过多', 'too many entries');
    const path = plainPath(header.name);
    if (hasSparseParts(header)) throw refused(header.name, '稀疏文件不支持', 'sparse files are not supported');
    const parents = parentsOf(path);
    // What lies below a link would be written wherever the link points to.
    if (parents.some((parent) => this.symlinks.has(parent) || this.files.has(parent))) {
      throw refused(path, '位于链接或文件之下', 'lies below a link or a file');
    }
    for (const parent of parents) this.folders.add(parent);
    this.admitType(header, path);
    return path;
  }

  /** Whether the archive has a file, or a link, at `path`. */
  holds(path: string): boolean {
    return this.files.has(path) || this.symlinks.has(path);
  }

  private admitType(header: Header, path: string): void {
    // Programs that unpack disagree on whether such contents are there at all, and so on where the next entry begins.
    if (header.type !== 'file' && header.size) throw refused(path, '不应有内容', 'should have no contents');
    if (header.type === 'directory') {
      if (this.holds(path)) throw repeated(path);
      this.folders.add(path);
      return;
    }
    if (path === '' || this.holds(path) || this.folders.has(path)) throw repeated(path);
    if (header.type === 'file') this.files.add(path);
    else if (header.type === 'symlink') this.admitSymlink(path, header.linkname ?? '');
    else if (header.type === 'link') this.admitHardLink(path, header.linkname ?? '');
    else throw refused(path, '不是文件、目录或链接', 'is no file, folder or link');
  }

  /**
   * `..` may only stand at the front of a target, where it climbs real folders. Further back it could climb out of a folder that
   * another link leads to.
   */
  private admitSymlink(path: string, target: string): void {
    const parts = target.split('/').filter((part) => part !== '' && part !== '.');
    const climbs = parts.findIndex((part) => part !== '..');
    const up = climbs < 0 ? parts.length : climbs;
    const isInside = up <= parentsOf(path).length && !parts.slice(up).includes('..');
    if (!isInside || target.startsWith('/') || !isPlain(target)) throw pointsOut(path, target);
    this.symlinks.add(path);
  }

  private admitHardLink(path: string, target: string): void {
    if (!isPlain(target) || !this.files.has(posix.normalize(target)) || target.split('/').includes('..')) {
      throw pointsOut(path, target);
    }
    this.files.add(path);
  }
}

function plainPath(name: string): string {
  const parts = name.split('/');
  if (name.startsWith('/') || parts.includes('..') || !isPlain(name)) {
    throw refused(name, '不是包内的相对路径', 'is no relative path inside the archive');
  }
  const path = parts.filter((part) => part !== '' && part !== '.');
  if (path.length > MAX_DEPTH || Buffer.byteLength(name) > MAX_PATH_BYTES)
    throw refused(name, '路径过长', 'is too long a path');
  return path.join('/');
}

/** A backslash separates folders on some systems, and control characters hide what a name is. */
function isPlain(path: string): boolean {
  return path !== '' && !/[\\\p{Cc}\p{Cs}\ufffd]/u.test(path);
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** GNU tar takes the name of such a file from here, and not from the header that we judge. */
function hasSparseParts(header: Header): boolean {
  const { pax } = header as { pax?: Record<string, string> | null };
  return Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse'));
}

function repeated(path: string): PackageRefusedError {
  return refused(path || './', '重复出现', 'is there twice');
}

function pointsOut(path: string, target: string): PackageRefusedError {
  return refused(`${path} -> ${target}`, '指向包外', 'points out of the archive');
}

function refused(what: string, zh: string, en: string): PackageRefusedError {
  const shown = JSON.stringify(what.slice(0, 200));
  return new PackageRefusedError(
    new Text(`压缩包不合法：${shown} ${zh}`, `The archive is not acceptable: ${shown} ${en}`),
  );
}
