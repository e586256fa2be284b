import { Module } from '@nestjs/common';
import { CmdbModule } from '../cmdb/cmdb.module.js';
import { CloudsService } from './clouds.service.js';

@Module({
  imports: [CmdbModule],
  providers: [CloudsService],
  exports: [CloudsService],
})
export class CloudsModule {}
