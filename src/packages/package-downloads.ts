import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answerDownload } from './download-answer.js';
import type { Package } from './package.entity.js';
import { PackageNotFoundError } from './package.errors.js';
import { PackageStore } from './package-store.js';
import { PackagesService } from './packages.service.js';

/** Answers downloads from the files of the store, of which only those in the table can be named. */
@Injectable()
export class PackageDownloads {
  private readonly logger = new Logger(PackageDownloads.name);

  constructor(
    private readonly packages: PackagesService,
    private readonly store: PackageStore,
  ) {}

  /** @throws PackageNotFoundError */
  async answer(fileName: string, request: Request, response: Response): Promise<void> {
    const row = await this.packages.findByFileName(fileName);
    if (!row) throw new PackageNotFoundError();
    const file = await this.store.open(row.fileName);
    if (!file) {
      this.logger.error(`${row.fileName} is in the table but not in the folder of packages`);
      throw new PackageNotFoundError();
    }
    try {
      await this.send(row, file, request, response);
    } finally {
      await file.close();
    }
  }

  private async send({ sha256 }: Package, file: FileHandle, request: Request, response: Response): Promise<void> {
    const { size } = await file.stat();
    const etag = `"${sha256}"`;
    const answer = answerDownload(size, etag, {
      range: request.get('range'),
      ifRange: request.get('if-range'),
      ifNoneMatch: request.get('if-none-match'),
    });
    // A built-in package may change under its name with an upgrade of the server: caches have to ask.
    response.status(answer.status).set({ ETag: etag, 'Accept-Ranges': 'bytes', 'Cache-Control': 'no-cache' });
    if (answer.status === 416) response.set('Content-Range', `bytes */${size}`);
    if (!('start' in answer)) return void response.end();
    const { start, end } = answer;
    response.set({ 'Content-Type': 'application/gzip', 'Content-Length': String(end - start + 1) });
    response.set('X-Checksum-Sha256', sha256);
    if (answer.status === 206) response.set('Content-Range', `bytes ${start}-${end}/${size}`);
    if (request.method === 'HEAD' || size === 0) return void response.end();
    await pipeline(file.createReadStream({ start, end, autoClose: false }), response).catch((error: Error) => {
      // Mostly a client that went away; the response is destroyed either way, so that no one takes a part for the whole.
      this.logger.debug(`a download broke off: ${error.message}`);
    });
  }
}
