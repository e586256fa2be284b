import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../src/launcher/process-table.js';
import { Watchdog } from '../../src/launcher/watchdog.js';
import { hashPasswords, writeHostFiles } from './lab-files.js';
import { LabHost } from './lab-host.js';
import { freeSubnet, ip, LINK_PREFIX, linksWith } from './lab-network.js';
import { planHost, type LabHostOptions, type LabHostPlan, type LabLink } from './lab-plan.js';

/** A folder per lab, with its owner's pid, its networks and the files of its hosts. */
export const LABS = '/run/nodeman-lab';
/** The server has .1; hosts begin at .10. */
const FIRST_HOST = 10;
const MAX_HOSTS = 240;

export interface LabOptions {
  /** How many, or what each is like. */
  readonly hosts: number | readonly LabHostOptions[];
  /** A closed area: the server has no way into it; the first `doors` of `hosts` (default 1) have a leg in it. */
  readonly area?: { readonly hosts: number | readonly LabHostOptions[]; readonly doors?: number };
}

interface Network {
  readonly bridge: string;
  readonly subnet: string;
  readonly hasServer: boolean;
}

/** Real hosts on this machine, with a network between them and the server. Needs root. */
export interface Lab {
  readonly hosts: readonly LabHost[];
  /** Hosts of the closed area, if there is one. */
  readonly areaHosts: readonly LabHost[];
  /** Where the hosts reach a server of this machine, if it listens on all addresses or on this one. */
  readonly serverAddress: string;
  /** Leaves nothing behind. */
  stop(): Promise<void>;
}

/** Ten hosts are up in about two seconds. What labs of dead processes left behind is removed first. */
export async function createLab(options: LabOptions): Promise<Lab> {
  removeLeftovers();
  const id = randomBytes(2).toString('hex');
  const folder = join(LABS, id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'owner'), String(process.pid));
  const watchdog = new Watchdog();
  const networks = [openNetwork(id, 'a', true), ...(options.area ? [openNetwork(id, 'b', false)] : [])];
  const plans = planLab(id, networks, options);
  const machines: LabHost[] = [];
  const stop = async () => {
    await Promise.all(machines.map((host) => host.kill()));
    await watchdog.close();
    removeLab(id);
  };
  try {
    writeFiles(folder, plans);
    machines.push(...plans.map((plan) => new LabHost(plan, join(folder, plan.name), watchdog)));
    await plugIn(machines, plans);
  } catch (error) {
    await stop();
    throw error;
  }
  const direct = hostCount(options.hosts);
  const serverAddress = `${networks[0]!.subnet}.1`;
  return { hosts: machines.slice(0, direct), areaHosts: machines.slice(direct), serverAddress, stop };
}

function openNetwork(id: string, letter: string, hasServer: boolean): Network {
  const bridge = `${LINK_PREFIX}${id}${letter}`;
  const subnet = freeSubnet();
  ip([`link add ${bridge} type bridge forward_delay 0`, `link set ${bridge} up`]);
  // Without the route a connection into the area could leave by the machine's own way out.
  ip(hasServer ? [`addr add ${subnet}.1/24 dev ${bridge}`] : [`route add unreachable ${subnet}.0/24`]);
  writeFileSync(join(LABS, id, `network-${letter}`), hasServer ? '' : `${subnet}.0/24`);
  return { bridge, subnet, hasServer };
}

function planLab(id: string, [outside, inside]: Network[], options: LabOptions): LabHostPlan[] {
  const link = (network: Network, name: string, place: number): LabLink => ({
    name,
    bridge: network.bridge,
    peer: `${network.bridge}${place}`,
    address: `${network.subnet}.${FIRST_HOST + place}`,
    gateway: network.hasServer ? `${network.subnet}.1` : null,
  });
  const doors = inside ? (options.area?.doors ?? 1) : 0;
  const direct = hostOptions(options.hosts).map((host, place) => {
    const legs = [link(outside!, 'eth0', place), ...(inside && place < doors ? [link(inside, 'eth1', place)] : [])];
    return planHost(`lab${id}-${place}`, legs, host);
  });
  const closed = hostOptions(options.area?.hosts ?? []).map((host, index) =>
    planHost(`lab${id}-in${index}`, [link(inside!, 'eth0', doors + index)], host),
  );
  return [...direct, ...closed];
}

function hostOptions(hosts: LabOptions['hosts']): readonly LabHostOptions[] {
  const all = typeof hosts === 'number' ? Array.from({ length: hosts }, () => ({})) : hosts;
  if (all.length > MAX_HOSTS) throw new Error(`a lab has room for ${MAX_HOSTS} hosts`);
  return all;
}

function hostCount(hosts: LabOptions['hosts']): number {
  return hostOptions(hosts).length;
}

function writeFiles(folder: string, plans: readonly LabHostPlan[]): void {
  const hashes = hashPasswords(plans.flatMap((plan) => [plan.rootPassword, ...plan.accounts.map((a) => a.password)]));
  for (const plan of plans) {
    mkdirSync(join(folder, plan.name, 'disk'), { recursive: true });
    writeHostFiles(join(folder, plan.name, 'files'), plan, hashes);
  }
}

async function plugIn(machines: readonly LabHost[], plans: readonly LabHostPlan[]): Promise<void> {
  const pids = await Promise.all(machines.map((host) => host.entered()));
  const cables = plans.flatMap((plan, index) =>
    plan.links.flatMap(({ peer, name, bridge }) => [
      `link add ${peer} type veth peer name ${name} netns ${pids[index]}`,
      `link set ${peer} master ${bridge} up`,
    ]),
  );
  ip(cables);
  await Promise.all(machines.map((host) => host.ready()));
}

/** Hosts are ended by then, by us or by the watchdog; links, routes and files are left. */
function removeLab(id: string): void {
  const folder = join(LABS, id);
  ip(
    linksWith(`${LINK_PREFIX}${id}`).map((name) => `link del ${name}`),
    { force: true },
  );
  for (const letter of ['a', 'b']) {
    const file = join(folder, `network-${letter}`);
    const route = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (route) ip([`route del unreachable ${route}`], { force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

function removeLeftovers(): void {
  if (!existsSync(LABS)) return;
  for (const id of readdirSync(LABS)) {
    const owner = join(LABS, id, 'owner');
    if (!existsSync(owner) || isAlive(Number(readFileSync(owner, 'utf8')))) continue;
    removeLab(id);
  }
}
