import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

const NAME = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;

/** Who this process is as a holder of leases: no two processes share a name, and none has it twice. */
export function workerName(): string {
  return NAME;
}
