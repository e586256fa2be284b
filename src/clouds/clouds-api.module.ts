import { Module } from '@nestjs/common';
import { CloudsController } from './clouds.controller.js';
import { CloudsModule } from './clouds.module.js';

@Module({ imports: [CloudsModule], controllers: [CloudsController] })
export class CloudsApiModule {}
