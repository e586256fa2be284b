import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { Env } from '../env/env.js';
import { PackageTooLargeError } from './package.errors.js';

const INCOMING_PREFIX = '.incoming-';
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

/** A whole file that has no name yet. */
export interface IncomingFile {
  path: string;
  sizeBytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

/** The folder `DATA_DIR/packages`. A file is there under its own name whole, or not at all. */
@Injectable()
export class PackageStore {
  private readonly folder: string;

  constructor(private readonly env: Env) {
    this.folder = resolve(env.dataDir, 'packages');
  }

  /**
   * Writes a stream into a file without a name, which the caller has to `keep` or `discard`. On failure nothing is left.
   * @throws PackageTooLargeError beyond MAX_PACKAGE_MIB
   */
  async receive(content: Readable): Promise<IncomingFile> {
    const path = await this.incomingPath();
    const hash = createHash('sha256');
    const maxBytes = this.env.maxPackageMib * 1024 ** 2;
    let sizeBytes = 0;
    const measure = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) return done(new PackageTooLargeError(this.env.maxPackageMib));
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(content, measure, createWriteStream(path, { flags: 'wx', mode: 0o644, flush: true }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return { path, sizeBytes, sha256: hash.digest('hex') };
  }

  /** Copies a file of ours into one without a name. */
  async receiveCopy(source: string): Promise<IncomingFile> {
    const path = await this.incomingPath();
    try {
      await copyFile(source, path);
      return { path, sizeBytes: (await stat(path)).size, sha256: await sha256Of(path) };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Gives a file its name, in place of what had it; downloads that are under way go on with the old one. */
  async keep(file: IncomingFile, fileName: string): Promise<void> {
    await rename(file.path, this.pathOf(fileName));
  }

  /** Removes a file that was not kept. */
  async discard(file: IncomingFile): Promise<void> {
    await rm(file.path, { force: true });
  }

  async remove(fileName: string): Promise<void> {
    await rm(this.pathOf(fileName), { force: true });
  }

  /** Whether a file of that name and size is there. */
  async has(fileName: string, sizeBytes: number): Promise<boolean> {
    try {
      return (await stat(this.pathOf(fileName))).size === sizeBytes;
    } catch {
      return false;
    }
  }

  /** Opens a file for reading; null when it is not there. The caller closes it. */
  async open(fileName: string) {
    try {
      return await open(this.pathOf(fileName), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Removes what processes that were killed in the middle of an upload left behind a day ago or earlier. */
  async sweep(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const names = (await readdir(this.folder)).filter((name) => name.startsWith(INCOMING_PREFIX));
    for (const path of names.map((name) => join(this.folder, name))) {
      // Gone meanwhile: somebody else's upload has ended.
      const modified = (await stat(path).catch(() => null))?.mtimeMs ?? Date.now();
      if (Date.now() - modified > FORGOTTEN_AFTER_MS) await rm(path, { force: true });
    }
  }

  private pathOf(fileName: string): string {
    return join(this.folder, fileName);
  }

  /** In the same folder as the final name, so that giving the name is one atomic step. */
  private async incomingPath(): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    return join(this.folder, `${INCOMING_PREFIX}${randomUUID()}`);
  }
}

/** The SHA-256 of a file, 64 hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
