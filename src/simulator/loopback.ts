import { createServer } from 'node:net';

/** The first address of a fleet whose hosts have one loopback address each. */
export const FIRST_FLEET_ADDRESS = '127.0.77.1';

/** The nth address of a fleet: `127.0.77.1`, `.2`, … and on through `127.0.78.1`; at most 40 000. */
export function fleetAddress(index: number): string {
  if (!Number.isInteger(index) || index < 0 || index >= 40_000) throw new RangeError(`No fleet address ${index}`);
  return `127.0.${77 + Math.floor(index / 250)}.${1 + (index % 250)}`;
}

/** Tells whether this machine takes all of 127.0.0.0/8 for its own, as Linux does, or just 127.0.0.1. */
export function supportsLoopbackRange(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(0, FIRST_FLEET_ADDRESS, () => probe.close(() => resolve(true)));
  });
}
