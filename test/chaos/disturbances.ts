import type { Random } from './random.js';
import type { World } from './world.js';

export type Harm = 'kill' | 'cut' | 'pause';

export interface Disturbance {
  readonly name: string;
  readonly harm: Harm;
  readonly weight: number;
  /** @returns whether there was anything to disturb */
  run(world: World, random: Random): Promise<boolean>;
}

const withWorker =
  (harm: (world: World, worker: World['workers'][number], random: Random) => Promise<void> | void) =>
  async (world: World, random: Random): Promise<boolean> => {
    if (world.workers.length === 0) return false;
    await harm(world, random.pick(world.workers), random);
    return true;
  };

const always =
  (harm: (world: World, random: Random) => Promise<unknown> | void) =>
  async (world: World, random: Random): Promise<boolean> => {
    await harm(world, random);
    return true;
  };

const CUT_POSTGRES = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND pid % $1 = 0`;

/** Everything that may happen to an installation while jobs run. */
export const DISTURBANCES: readonly Disturbance[] = [
  {
    name: 'kill -9 of a worker',
    harm: 'kill',
    weight: 5,
    run: withWorker((world, worker, random) => world.killWorker(worker, random.int(0, 1_500))),
  },
  { name: 'SIGTERM of a worker', harm: 'kill', weight: 2, run: withWorker((world, worker) => world.endWorker(worker)) },
  {
    name: 'kill -9 of the API',
    harm: 'kill',
    weight: 1,
    run: async (world, random) => {
      if (!world.installation.api.isRunning) return false;
      await world.killApi(random.int(0, 1_000));
      return true;
    },
  },
  {
    name: 'pause of a worker',
    harm: 'pause',
    weight: 3,
    // A lease lasts 3 s: some of these outlast it.
    run: withWorker((world, worker, random) => world.pauseWorker(worker, random.int(300, 5_000))),
  },
  {
    name: 'connections to Postgres cut',
    harm: 'cut',
    weight: 4,
    run: always((world, random) => world.installation.query(CUT_POSTGRES, [random.int(1, 3)])),
  },
  {
    name: 'Postgres holds its breath',
    harm: 'pause',
    weight: 2,
    run: always((world, random) => world.holdDatabase(random.int(300, 4_000))),
  },
  {
    name: 'Postgres restarts',
    harm: 'cut',
    weight: 1,
    run: always((world, random) => world.restartPostgres(random.int(0, 1_000))),
  },
  {
    name: 'connections to Redis cut',
    harm: 'cut',
    weight: 3,
    run: always((world) =>
      world.toRedis(async (client) => {
        await client.client('KILL', 'TYPE', 'pubsub');
        await client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      }),
    ),
  },
  {
    name: 'Redis holds its breath',
    harm: 'pause',
    weight: 1,
    run: always((world, random) => world.toRedis((client) => client.client('PAUSE', random.int(300, 3_000)))),
  },
  {
    name: 'Redis restarts, and has lost everything',
    harm: 'cut',
    weight: 2,
    run: always((world, random) => world.restartRedis(random.int(0, 2_000))),
  },
  {
    name: 'connections to a host reset',
    harm: 'cut',
    weight: 1,
    run: always((world, random) => random.pick(world.hosts.all).machine.resetConnections()),
  },
];
