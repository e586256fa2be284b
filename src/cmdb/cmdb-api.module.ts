import { Module } from '@nestjs/common';
import { BusinessesController } from './admin/businesses.controller.js';
import { BusinessesService } from './admin/businesses.service.js';
import { ModulesController } from './admin/modules.controller.js';
import { ModulesService } from './admin/modules.service.js';
import { PlacementService } from './admin/placement.service.js';
import { SetsController } from './admin/sets.controller.js';
import { SetsService } from './admin/sets.service.js';
import { CmdbController } from './cmdb.controller.js';
import { CmdbModule } from './cmdb.module.js';

/** Routes of the CMDB; what is in `admin/` edits the tables of the embedded one. */
@Module({
  imports: [CmdbModule],
  controllers: [CmdbController, BusinessesController, SetsController, ModulesController],
  providers: [BusinessesService, SetsService, ModulesService, PlacementService],
})
export class CmdbApiModule {}
