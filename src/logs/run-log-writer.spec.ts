import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Text } from '../common/i18n/text.js';
import type { RedisService } from '../common/redis/redis.service.js';
import { RunLogWriter } from './run-log-writer.js';

const RUN = { id: 7, attempt: 2 };

/** A database that may be away, and remembers what it was given. */
function aWriter() {
  const world = { isAway: false, batches: [] as { en: string; zh: string | null }[][], told: [] as string[] };
  const dataSource = {
    query: async (_sql: string, [json]: [string]) => {
      if (world.isAway) throw new Error('away');
      world.batches.push(JSON.parse(json));
    },
  };
  const redis = { publish: async (channel: string) => world.told.push(channel) };
  const writer = new RunLogWriter(dataSource as unknown as DataSource, redis as unknown as RedisService);
  const written = () => world.batches.flat().map(({ en }) => en);
  return { world, writer, written };
}

describe('RunLogWriter', () => {
  it('writes what has gathered in one statement, and tells who follows', async () => {
    const { world, writer, written } = aWriter();
    writer.write(RUN, 'INIT', new Text('一', 'one'));
    writer.write(RUN, 'INIT', 'two\nthree');
    writer.write({ id: 8, attempt: 1 }, 'INIT', 'four');
    await writer.flush();
    expect(world.batches).toHaveLength(1);
    expect(world.batches[0]![0]).toMatchObject({ run_id: 7, attempt: 2, step: 'INIT', en: 'one', zh: '一' });
    expect(world.batches[0]![1]).toMatchObject({ en: 'two', zh: null });
    expect(written()).toEqual(['one', 'two', 'three', 'four']);
    expect(world.told).toEqual(['log:7', 'log:8']);
  });

  it('loses nothing while the database is away, and keeps the order', async () => {
    const { world, writer, written } = aWriter();
    world.isAway = true;
    writer.write(RUN, 'INIT', 'one');
    await writer.flush();
    writer.write(RUN, 'INIT', 'two');
    await writer.flush();
    expect(written()).toEqual([]);
    world.isAway = false;
    writer.write(RUN, 'INIT', 'three');
    await writer.flush();
    expect(written()).toEqual(['one', 'two', 'three']);
  });

  it('has written everything when the process may end', async () => {
    const { writer, written } = aWriter();
    writer.write(RUN, 'INIT', 'last words');
    await writer.beforeApplicationShutdown();
    expect(written()).toEqual(['last words']);
  });
});
