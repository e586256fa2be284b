import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConfigService } from './config.service.js';
import { Setting } from './setting.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([Setting])],
  providers: [ConfigService],
  exports: [ConfigService],
})
export class ConfigModule {}
