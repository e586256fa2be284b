import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { RedisService } from '../common/redis/redis.service.js';
import { loadMigrations } from '../data-source.js';

export interface Readiness {
  status: 'ok' | 'unavailable';
  checks: Record<'postgres' | 'redis' | 'migrations', 'ok' | 'down' | 'pending'>;
}

/** Whether this process can do its work now. */
@Injectable()
export class HealthService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly redis: RedisService,
  ) {}

  async readiness(): Promise<Readiness> {
    const [postgres, redis, migrations] = await Promise.all([this.postgres(), this.redisAnswers(), this.migrations()]);
    const checks = { postgres, redis, migrations };
    return { status: Object.values(checks).every((check) => check === 'ok') ? 'ok' : 'unavailable', checks };
  }

  private async postgres(): Promise<'ok' | 'down'> {
    return this.dataSource.query('SELECT 1').then(
      () => 'ok' as const,
      () => 'down' as const,
    );
  }

  private async redisAnswers(): Promise<'ok' | 'down'> {
    return this.redis.client.ping().then(
      () => 'ok' as const,
      () => 'down' as const,
    );
  }

  private async migrations(): Promise<'ok' | 'down' | 'pending'> {
    try {
      const known = await loadMigrations();
      const done = await this.dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
      const names = new Set(done.map(({ name }) => name));
      return known.every((migration) => names.has(migration.name)) ? 'ok' : 'pending';
    } catch {
      return 'down';
    }
  }
}
