import { Module } from '@nestjs/common';
import { BUILT_IN_FOLDERS, BuiltInPackages, DEFAULT_BUILT_IN_FOLDERS } from './built-in-packages.js';
import { DownloadController } from './download.controller.js';
import { PackageDownloads } from './package-downloads.js';
import { PackagesController } from './packages.controller.js';
import { PackagesModule } from './packages.module.js';

/** Routes and downloads, and the packages that came with the software: one process of an installation has to bring those in. */
@Module({
  imports: [PackagesModule],
  controllers: [PackagesController, DownloadController],
  providers: [PackageDownloads, BuiltInPackages, { provide: BUILT_IN_FOLDERS, useValue: DEFAULT_BUILT_IN_FOLDERS }],
})
export class PackagesApiModule {}
