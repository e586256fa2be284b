/**
 * What can be wrong with a simulated host. Faults of one host add up. Numbers are bytes or milliseconds and have the
 * default given here. Those of the host's programs are played by programs that stand before the real ones in its PATH, which
 * the agent inherits; the words are those of the real ones.
 *
 * | fault | what happens |
 * |---|---|
 * | refused | nobody listens on the port |
 * | silent | TCP is accepted, and no word is ever said |
 * | endless-banner | lines before the SSH version that never end |
 * | key-change | another host key at each start |
 * | wrong-password | every login is refused |
 * | no-methods | only host-based logins are offered |
 * | stuck-login | no login is ever answered |
 * | forward-refused | forwarding is administratively prohibited |
 * | slow[:ms] | each login and each command is answered late (2000) |
 * | drop-after[:bytes] | the connection is closed after so many bytes of commands' output (0) |
 * | reset-after[:bytes] | the connection is reset after so many bytes of commands' output (0) |
 * | no-exit-status | commands end without telling how |
 * | flood[:bytes] | so many bytes of short lines before the output of each command (1 GiB) |
 * | long-line[:bytes] | a line of that length before the output of each command (1 MiB) |
 * | bad-utf8 | bytes that are no UTF-8 before the output of each command |
 * | escapes | what a terminal would obey before the output of each command: colours, titles, bells, bidi overrides |
 * | slow-bytes[:ms] | output comes byte by byte, each so late (1) |
 * | full-disk | no folder and no content finds room; files that are there stay readable |
 * | no-curl | there is neither curl nor wget |
 * | wrong-sum | what is downloaded is damaged |
 * | foreign-arch | the machine is an s390x |
 * | clock-skew[:ms] | the clock is so far ahead (1 h) |
 * | agent-mute | no report of the agent gets out |
 * | agent-dies[:ms] | the agent is killed so long after it started, and nobody starts it again (10000) |
 */
export const FAULT_NAMES = [
  'refused',
  'silent',
  'endless-banner',
  'key-change',
  'wrong-password',
  'no-methods',
  'stuck-login',
  'forward-refused',
  'slow',
  'drop-after',
  'reset-after',
  'no-exit-status',
  'flood',
  'long-line',
  'bad-utf8',
  'escapes',
  'slow-bytes',
  'full-disk',
  'no-curl',
  'wrong-sum',
  'foreign-arch',
  'clock-skew',
  'agent-mute',
  'agent-dies',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];
export type Fault = FaultName | `${FaultName}:${number}`;

/** The faults of one host, ready to be asked. */
export class Faults {
  private readonly amounts = new Map<FaultName, number | null>();

  /** @throws Error when a fault is unknown or its number is none */
  constructor(faults: readonly string[] = []) {
    for (const fault of faults) {
      const [name = '', amount] = fault.split(':');
      const known = FAULT_NAMES.find((candidate) => candidate === name);
      if (!known) throw new Error(`Unknown fault ${fault}; known are ${FAULT_NAMES.join(', ')}`);
      if (amount !== undefined && !/^\d+$/.test(amount)) throw new Error(`The number of fault ${fault} is none`);
      this.amounts.set(known, amount === undefined ? null : Number(amount));
    }
  }

  has(name: FaultName): boolean {
    return this.amounts.has(name);
  }

  /** The fault's number, or the given default; null when the host does not have the fault. */
  amount(name: FaultName, byDefault: number): number | null {
    const amount = this.amounts.get(name);
    return amount === undefined ? null : (amount ?? byDefault);
  }
}
