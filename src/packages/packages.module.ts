import { Module } from '@nestjs/common';
import { PackageStore } from './package-store.js';
import { PackagesService } from './packages.service.js';

@Module({
  providers: [PackageStore, PackagesService],
  exports: [PackageStore, PackagesService],
})
export class PackagesModule {}
