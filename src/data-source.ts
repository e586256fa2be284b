import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataSource, type DataSourceOptions, type MigrationInterface } from 'typeorm';
import { ENTITIES } from './entities.js';

type Migrations = (new () => MigrationInterface)[];

/** The options shared by every connection; times are UTC, `synchronize` is never on. */
export function dataSourceOptions(url: string, poolSize: number, applicationName: string) {
  return {
    type: 'postgres',
    url,
    entities: ENTITIES,
    synchronize: false,
    poolSize,
    applicationName,
    connectTimeoutMS: 10_000,
    migrationsTableName: 'migrations',
    // A statement that hangs must not hold a connection for ever; long work belongs into small pieces.
    extra: { statement_timeout: 60_000, idle_in_transaction_session_timeout: 60_000 },
  } satisfies DataSourceOptions;
}

/** `dist/migrations` beside the compiled file, the sources when a test runs uncompiled. */
export async function loadMigrations(): Promise<Migrations> {
  const compiled = fileURLToPath(new URL('./migrations/index.js', import.meta.url));
  const module = existsSync(compiled)
    ? ((await import(compiled)) as { MIGRATIONS: Migrations })
    : ((await import(fileURLToPath(new URL('../migrations/index.ts', import.meta.url)))) as { MIGRATIONS: Migrations });
  return module.MIGRATIONS;
}

/** Brings the database at `url` up to date and returns the names of the migrations that were run. Safe to run twice at once. */
export async function migrate(url: string): Promise<string[]> {
  const dataSource = new DataSource({
    ...dataSourceOptions(url, 2, 'nodeman migrate'),
    migrations: await loadMigrations(),
  });
  await dataSource.initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const done = await dataSource.runMigrations({ transaction: 'each' });
    return done.map((migration) => migration.name);
  } finally {
    await lock.release();
    await dataSource.destroy();
  }
}

/** Any number, as long as all processes use the same one. */
const MIGRATION_LOCK = 7_300_001;
