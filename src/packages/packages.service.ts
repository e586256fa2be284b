import { createReadStream } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { checkArchive } from './archive-check.js';
import { ANY_ARCH, DEFAULT_PACKAGE_NAME, type PackageWanted } from './package-choice.js';
import { Package } from './package.entity.js';
import { PackageNotFoundError, PackageVersionTakenError } from './package.errors.js';
import { fileNameOf, isFileName, type PackageManifest } from './package-manifest.js';
import { type IncomingFile, PackageStore } from './package-store.js';
import { compareVersions } from './version-order.js';

/** Who a package that came with the software is said to be from; no user can have this name. */
export const BUILT_IN = '(built in)';

/** Agent packages: a row each, and a file each that targets download. */
@Injectable()
export class PackagesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: PackageStore,
  ) {}

  /**
   * The newest package for a target, or the one of the version that is named; one for its own architecture before one for any.
   * @throws PackageNotFoundError
   */
  async pick({ name = DEFAULT_PACKAGE_NAME, os, arch, version }: PackageWanted): Promise<Package> {
    const packages = this.dataSource.manager.getRepository(Package);
    const found = await packages.find({
      where: [arch, ANY_ARCH].map((each) => ({ name, os, arch: each, ...(version ? { version } : {}) })),
    });
    const [best] = found.sort(
      (a, b) => compareVersions(b.version, a.version) || Number(a.arch === ANY_ARCH) - Number(b.arch === ANY_ARCH),
    );
    if (!best) throw new PackageNotFoundError({ name, os, arch, version });
    return best;
  }

  /** The versions of a package, each once, whatever they run on; newest first. */
  async versionsOf(manager: EntityManager, name: string): Promise<string[]> {
    const packages = await manager.find(Package, { select: { version: true }, where: { name } });
    return [...new Set(packages.map(({ version }) => version))].sort((a, b) => compareVersions(b, a));
  }

  /** The latest upload first. */
  async list({ skip, take }: { skip: number; take: number }): Promise<{ items: Package[]; count: number }> {
    const [items, count] = await this.dataSource.manager.findAndCount(Package, { order: { id: 'DESC' }, skip, take });
    return { items, count };
  }

  /** @param fileName from a client: anything at all */
  async findByFileName(fileName: string): Promise<Package | null> {
    if (!isFileName(fileName)) return null;
    return this.dataSource.manager.findOneBy(Package, { fileName });
  }

  /**
   * Takes over a file that was received; the same bytes once more are the package that is there already.
   * @throws PackageRefusedError when it is no acceptable package
   * @throws PackageVersionTakenError when there is another of the same name, version, os and arch
   */
  async add(file: IncomingFile, uploadedBy: string): Promise<Package> {
    return this.takeOver(file, uploadedBy, (present) => {
      if (present.sha256 !== file.sha256) throw new PackageVersionTakenError(present.fileName);
    });
  }

  /** As `add`, for a package that came with the software: it replaces an earlier one of its kind, but no package of a user. */
  async addBuiltIn(file: IncomingFile): Promise<Package> {
    return this.takeOver(file, BUILT_IN, (present) => {
      const isOurs = present.uploadedBy === BUILT_IN;
      if (present.sha256 !== file.sha256 && !isOurs) throw new PackageVersionTakenError(present.fileName);
    });
  }

  /** Deletes a package and its file. @throws PackageNotFoundError */
  async delete(id: number): Promise<void> {
    const found = await this.dataSource.manager.findOneBy(Package, { id });
    if (!found) throw new PackageNotFoundError();
    await this.dataSource.transaction(async (manager) => {
      await lockName(manager, found.fileName);
      const { affected } = await manager.delete(Package, { id });
      if (affected === 0) throw new PackageNotFoundError();
      // Before the commit: after it, a new file of that name could be there already.
      await this.store.remove(found.fileName);
    });
  }

  /** @param judge throws when the package that is there may not be replaced */
  private async takeOver(file: IncomingFile, uploadedBy: string, judge: (present: Package) => void): Promise<Package> {
    try {
      const manifest = await checkArchive(createReadStream(file.path), file.sizeBytes);
      return await this.dataSource.transaction((manager) => this.save(manager, file, manifest, uploadedBy, judge));
    } finally {
      await this.store.discard(file);
    }
  }

  private async save(
    manager: EntityManager,
    file: IncomingFile,
    manifest: PackageManifest,
    uploadedBy: string,
    judge: (present: Package) => void,
  ): Promise<Package> {
    const { name, version, os, arch, values } = manifest;
    const fileName = fileNameOf(manifest);
    await lockName(manager, fileName);
    // By file name: `a-1` of version 2 and `a` of version `1-2` would share one.
    const present = await manager.findOneBy(Package, { fileName });
    if (present) judge(present);
    if (present?.sha256 === file.sha256) {
      if (!(await this.store.has(fileName, file.sizeBytes))) await this.store.keep(file, fileName);
      return present;
    }
    const row = { name, version, os, arch, fileName, manifest: values, uploadedBy };
    const saved = await manager.save(
      manager.create(Package, { ...present, ...row, sizeBytes: String(file.sizeBytes), sha256: file.sha256 }),
    );
    // Last, so that a refused row leaves the file alone.
    await this.store.keep(file, fileName);
    return manager.findOneByOrFail(Package, { id: saved.id });
  }
}

/** Uploads, deletions and starting processes that are about the same file wait for each other, also across machines. */
async function lockName(manager: EntityManager, fileName: string): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`package:${fileName}`]);
}
