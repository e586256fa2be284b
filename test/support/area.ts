import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Host } from '../../src/hosts/host.entity.js';
import { freePort } from '../../src/launcher/services/free-port.js';
import { Proxy } from '../../src/proxies/proxy.entity.js';
import { ServerKeyService } from '../../src/proxies/server-key.service.js';
import { AUTHORIZED_KEYS_FILE } from '../../src/simulator/authorized-keys.js';
import type { SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import type { Engine, Target } from './engine.js';
import { aCloud } from './factories.js';
import { PuppetHost } from './puppet-host.js';

/** A closed area that an engine works on: its hosts have no other rows than those behind proxies have. */
export class Area {
  private constructor(
    private readonly engine: Engine,
    readonly cloudId: number,
  ) {}

  static async open(engine: Engine): Promise<Area> {
    return new Area(engine, (await aCloud(engine.dataSource)).id);
  }

  /** A machine that forwards, on which no proxy is installed yet. It is logged in to at another address than its inner one. */
  async aDoor(options: Partial<SimulatedHostOptions> = {}): Promise<Target> {
    const target = await this.engine.aTarget({ forwards: true, port: await freePort(), ...options });
    const { address } = target.machine;
    const row = { cloudId: this.cloudId, nodeType: 'PROXY', outerIp: address } as const;
    const innerIp = address.replace('127.0.79.', '127.0.80.');
    await this.engine.dataSource.manager.update('hosts', { id: target.host.id }, { ...row, innerIp });
    return { ...target, host: await this.engine.hostOf(target.host.id) };
  }

  /** A proxy as its installation leaves it, but for nginx and the agent: what is needed to pass through it. */
  async aBareProxy(options: Partial<SimulatedHostOptions> = {}): Promise<Target> {
    const door = await this.aDoor(options);
    const { publicKey } = await this.engine.server.get(ServerKeyService, { strict: false }).get();
    const file = join(door.machine.root, AUTHORIZED_KEYS_FILE);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `restrict,port-forwarding,command="/bin/false" ${publicKey} nodeman\n`);
    const { manager } = this.engine.dataSource;
    const { id: hostId } = door.host;
    await manager.insert(Proxy, { hostId, account: 'root', sshStatus: 'UP' });
    await manager.update('hosts', { id: hostId }, { agentInstalled: true, agentStatus: 'RUNNING' });
    return door;
  }

  /** A host behind the proxies. */
  async aHost(options: Partial<SimulatedHostOptions> = {}): Promise<Target> {
    return this.engine.aTarget(options, { cloudId: this.cloudId, nodeType: 'PAGENT' });
  }

  /** The same, one that can be told to stand still. It is to be stopped by the test. */
  async aPuppet(address: string): Promise<{ host: Host; puppet: PuppetHost }> {
    const puppet = await PuppetHost.start(join(this.engine.folder, address), address);
    const host = await this.engine.aRowFor(puppet.machine, { cloudId: this.cloudId, nodeType: 'PAGENT' });
    return { host, puppet };
  }
}
