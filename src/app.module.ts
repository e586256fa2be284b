import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { AgentsApiModule } from './agents/agents-api.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CloudsApiModule } from './clouds/clouds-api.module.js';
import { CmdbApiModule } from './cmdb/cmdb-api.module.js';
import { AppExceptionFilter } from './common/envelope/app-exception.filter.js';
import { EnvelopeInterceptor } from './common/envelope/envelope.interceptor.js';
import { ConfigApiModule } from './config/config-api.module.js';
import { CoreModule } from './core.module.js';
import type { Env } from './env/env.js';
import { HealthModule } from './health/health.module.js';
import { HostsApiModule } from './hosts/hosts-api.module.js';
import { LogsApiModule } from './logs/logs-api.module.js';
import { PackagesApiModule } from './packages/packages-api.module.js';
import { TasksModule } from './tasks/tasks.module.js';

/** The API process: everything that speaks HTTP, nothing that opens an SSH session. */
@Module({})
export class AppModule {
  static of(env: Env): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CoreModule.of(env, 'api'),
        AuthModule,
        ConfigApiModule,
        CmdbApiModule,
        CloudsApiModule,
        HostsApiModule,
        AgentsApiModule,
        PackagesApiModule,
        TasksModule,
        LogsApiModule,
        HealthModule,
      ],
      providers: [
        AppExceptionFilter,
        { provide: APP_FILTER, useExisting: AppExceptionFilter },
        { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
      ],
    };
  }
}
