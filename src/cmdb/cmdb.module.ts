import { Module } from '@nestjs/common';
import { CMDB_PROVIDER } from './cmdb-provider.js';
import { CmdbService } from './cmdb.service.js';
import { EmbeddedCmdbProvider } from './embedded/embedded-cmdb.provider.js';

/** Businesses, topology and membership; `CMDB_PROVIDER=embedded` is the only provider so far. */
@Module({
  providers: [{ provide: CMDB_PROVIDER, useClass: EmbeddedCmdbProvider }, CmdbService],
  exports: [CmdbService],
})
export class CmdbModule {}
