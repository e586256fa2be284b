import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions, loadMigrations } from '../../src/data-source.js';
import { aBusiness, aJob } from '../support/factories.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

/** Every column, constraint and index there is, as Postgres words them. */
const SCHEMA = `
  SELECT 'column' AS kind, c.table_name || '.' || c.column_name AS name,
    concat_ws(' ', c.data_type, c.is_nullable, c.column_default, c.is_identity) AS definition
  FROM information_schema.columns c WHERE c.table_schema = 'public'
  UNION ALL
  SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
  UNION ALL
  SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
  ORDER BY kind, name`;

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  const migrations = await loadMigrations();
  dataSource = await new DataSource({ ...dataSourceOptions(database.url, 2, 'test'), migrations }).initialize();
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

const schema = (): Promise<unknown[]> => dataSource.query(SCHEMA);
const tables = async (): Promise<string[]> => {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};

describe('the schema that the migrations make', () => {
  it('is the one that the entities describe', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('has all migrations behind it', async () => {
    expect(await dataSource.showMigrations()).toBe(false);
  });

  it('is the same after each migration was undone and made again, down to the empty database', async () => {
    const before = await schema();
    const { length: count } = dataSource.migrations;
    for (let undone = 1; undone <= count; undone++) {
      for (let i = 0; i < undone; i++) await dataSource.undoLastMigration({ transaction: 'each' });
      expect(await dataSource.runMigrations({ transaction: 'each' })).toHaveLength(undone);
      expect(await schema()).toEqual(before);
    }
    for (let i = 0; i < count; i++) await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await tables()).toEqual(['migrations']);
    await dataSource.runMigrations({ transaction: 'each' });
    expect(await schema()).toEqual(before);
  });

  it('can be taken back with what its latest version stored', async () => {
    const business = await aBusiness(dataSource);
    for (const opType of ['PRECHECK', 'INSTALL'] as const) {
      await aJob(dataSource, { businessId: business.id, opType, packageVersion: '1.0' });
    }
    await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await dataSource.query('SELECT op_type FROM jobs')).toEqual([{ op_type: 'INSTALL' }]);
    await dataSource.runMigrations({ transaction: 'each' });
    expect(await dataSource.query('SELECT op_type, package_version FROM jobs')).toEqual([
      { op_type: 'INSTALL', package_version: null },
    ]);
  });
});
