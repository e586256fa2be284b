import { Client } from 'pg';
import { eventually } from './eventually.js';
import type { Installation } from './installation.js';

/** Where a server can be made to wait in the middle of a statement. */
const PLACES = {
  /** As it writes that INIT is finished. */
  INIT: {
    trigger: 'BEFORE UPDATE ON job_hosts',
    when: (address: string) =>
      `NEW.inner_ip = '${address}' AND NOT 'INIT' = ANY (OLD.finished_steps) AND 'INIT' = ANY (NEW.finished_steps)`,
  },
  /** As it gives the machine its place. */
  REGISTER_CMDB: {
    trigger: 'BEFORE INSERT ON cmdb_members',
    when: (address: string) => `NEW.address = '${address}'`,
  },
} as const;

export type DatabaseStep = keyof typeof PLACES;

const WAITING = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Makes the server's own statements wait, for the steps that do nothing on a host. */
export class DatabaseHolds {
  private constructor(
    private readonly client: Client,
    private readonly installation: Installation,
  ) {}

  static async open(installation: Installation): Promise<DatabaseHolds> {
    const client = new Client({ connectionString: installation.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT pg_advisory_lock(1)');
    await client.query(`CREATE OR REPLACE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$`);
    return new DatabaseHolds(client, installation);
  }

  async hold(step: DatabaseStep, address: string): Promise<void> {
    const { trigger, when } = PLACES[step];
    await this.client.query(
      `CREATE TRIGGER hold_${step} ${trigger} FOR EACH ROW WHEN (${when(address)}) EXECUTE FUNCTION wait_for_test()`,
    );
  }

  /** Waits until so many statements stand still. */
  async areHeld(count: number): Promise<void> {
    await eventually(async () => (await this.installation.query(WAITING)).length === count, { everyMs: 20 });
  }

  /** Ends the statements of a process that is dead: they would go on by themselves. */
  async endWaiting(): Promise<void> {
    await this.installation.query(`SELECT pg_terminate_backend(pid) FROM (${WAITING}) held`);
    await this.areHeld(0);
  }

  /** Lets everything go on. */
  async close(): Promise<void> {
    await this.client.end();
  }
}
