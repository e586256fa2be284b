import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { PackageRefusedError } from './package.errors.js';
import { PackageStore } from './package-store.js';
import { PackagesService } from './packages.service.js';

/** The folders that may hold the packages that came with the software; the first that has some counts. */
export const BUILT_IN_FOLDERS = Symbol('BUILT_IN_FOLDERS');

/** The build puts them beside the compiled code of this feature; a test that runs uncompiled finds them from the sources. */
export const DEFAULT_BUILT_IN_FOLDERS = ['./', '../../dist/packages/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Brings the packages that came with the software into the table and `DATA_DIR/packages`, at each start of the API. */
@Injectable()
export class BuiltInPackages implements OnApplicationBootstrap {
  private readonly logger = new Logger(BuiltInPackages.name);

  constructor(
    private readonly packages: PackagesService,
    private readonly store: PackageStore,
    @Inject(BUILT_IN_FOLDERS) private readonly folders: readonly string[],
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.store.sweep();
    await this.sync();
  }

  /** May be repeated, and run by several processes at once. One package that cannot be taken does not keep the others away. */
  async sync(): Promise<void> {
    const paths = await this.find();
    if (paths.length === 0) this.logger.warn('no agent package came with this build; upload one to install agents');
    for (const path of paths) {
      try {
        await this.packages.addBuiltIn(await this.store.receiveCopy(path));
      } catch (error) {
        if (!(error instanceof PackageRefusedError)) throw error;
        this.logger.warn(`the built-in package ${path} is left out: ${error.reason.en}`);
      }
    }
  }

  private async find(): Promise<string[]> {
    for (const folder of this.folders) {
      const names = await readdir(folder).catch(() => []);
      const packages = names.filter((name) => name.endsWith('.tgz')).sort();
      if (packages.length > 0) return packages.map((name) => join(folder, name));
    }
    return [];
  }
}
