import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CryptoModule } from './common/crypto/crypto.module.js';
import { bullOptions } from './common/redis/bull-options.js';
import { RedisModule } from './common/redis/redis.module.js';
import { dataSourceOptions } from './data-source.js';
import type { Env } from './env/env.js';
import { EnvModule } from './env/env.module.js';

/** What both processes stand on: environment, Postgres, Redis, queues, sealing. */
@Module({})
export class CoreModule {
  /** @param process shown by Postgres as the name of our connections */
  static of(env: Env, process: 'api' | 'worker'): DynamicModule {
    return {
      module: CoreModule,
      imports: [
        EnvModule.of(env),
        TypeOrmModule.forRoot({
          ...dataSourceOptions(env.databaseUrl!, env.databasePoolSize, `nodeman ${process}`),
          retryAttempts: 10,
          retryDelay: 1_000,
        }),
        BullModule.forRoot(bullOptions(env)),
        RedisModule,
        CryptoModule,
      ],
    };
  }
}
