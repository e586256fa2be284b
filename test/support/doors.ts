import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { PinoLogger } from '../../src/common/logging/pino-logger.js';
import { CoreModule } from '../../src/core.module.js';
import type { Host } from '../../src/hosts/host.entity.js';
import { ProxiesModule } from '../../src/proxies/proxies.module.js';
import { ProxiesService, type ProxyView } from '../../src/proxies/proxies.service.js';
import { Proxy } from '../../src/proxies/proxy.entity.js';
import { ProxyLinesModule } from '../../src/proxies/proxy-lines.module.js';
import { ProxyProbeModule } from '../../src/proxies/proxy-probe.module.js';
import { ServerKeyService } from '../../src/proxies/server-key.service.js';
import type { ConnectOptions, SshSession, SshTarget } from '../../src/ssh/ssh-session.js';
import { SshService } from '../../src/ssh/ssh.service.js';
import { aTestEnv } from './env.js';
import { aCloud, aHost, anAgent } from './factories.js';
import { startRealSshd, type RealSshd, type RealSshdOptions } from './real-sshd.js';

/** What PROXY's INSTALL writes before the server's key. */
export const RESTRICTIONS = 'restrict,port-forwarding,command="/bin/false"';

/** SSH as it is, with its attempts counted. */
class CountedSsh extends SshService {
  attempts = 0;
  mostAtOnce = 0;
  private atOnce = 0;

  override async connect(target: SshTarget, options: ConnectOptions): Promise<SshSession> {
    this.attempts += 1;
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      return await super.connect(target, options);
    } finally {
      this.atOnce -= 1;
    }
  }
}

/** A real sshd on loopback, and the row of the PROXY that it is. */
export interface Door {
  sshd: RealSshd;
  host: Host;
  view: ProxyView;
}

/** What a worker has of proxies, over a database of the test's own. */
export class DoorWorld {
  readonly sshds: RealSshd[] = [];
  private places = 0;

  private constructor(
    readonly context: INestApplicationContext,
    readonly ssh: CountedSsh,
    readonly dataSource: DataSource,
  ) {}

  /** @param overrides environment variables by their names in the code; `databaseUrl` is needed */
  static async open(
    overrides: Parameters<typeof aTestEnv>[0],
    { withProbe = false }: { withProbe?: boolean } = {},
  ): Promise<DoorWorld> {
    const env = aTestEnv({ sshConnectTimeoutSeconds: 2, sshLoginTimeoutSeconds: 5, ...overrides });
    const ssh = new CountedSsh();
    const context = await Test.createTestingModule({
      imports: [
        CoreModule.of(env, 'worker'),
        ProxiesModule,
        ProxyLinesModule,
        ...(withProbe ? [ProxyProbeModule] : []),
      ],
    })
      .overrideProvider(SshService)
      .useValue(ssh)
      .compile();
    context.useLogger(new PinoLogger(process.env.TEST_LOG_LEVEL ?? 'silent', 'worker'));
    await context.init();
    return new DoorWorld(context, ssh, context.get(DataSource));
  }

  get<Service>(service: new (...args: never[]) => Service): Service {
    return this.context.get<Service>(service, { strict: false });
  }

  /** An installed proxy, in a cloud of its own unless told otherwise. */
  async aDoor(options: RealSshdOptions = {}, row: Partial<Host> = {}): Promise<Door> {
    const { publicKey } = await this.get(ServerKeyService).get();
    const sshd = await startRealSshd({ authorizedKeys: [`${RESTRICTIONS} ${publicKey} nodeman`], ...options });
    this.sshds.push(sshd);
    const cloudId = row.cloudId ?? (await aCloud(this.dataSource)).id;
    const host = await aHost(this.dataSource, {
      ...{ nodeType: 'PROXY', cloudId, innerIp: `127.0.90.${++this.places}`, outerIp: sshd.address, port: sshd.port },
      ...{ agentStatus: 'RUNNING', agentInstalled: true, ...row },
    });
    await anAgent(this.dataSource, host.id);
    await this.get(ProxiesService).markInstalled(this.dataSource.manager, host.id, 'root');
    return { sshd, host, view: await this.viewOf(host) };
  }

  async viewOf({ id, businessId, cloudId }: Host): Promise<ProxyView> {
    const all = await this.get(ProxiesService).of(businessId, cloudId);
    return all.find(({ hostId }) => hostId === id)!;
  }

  rowOf({ id }: Host): Promise<Proxy | null> {
    return this.dataSource.manager.findOneBy(Proxy, { hostId: id });
  }

  async close(): Promise<void> {
    await this.context.close();
    await Promise.all(this.sshds.map((sshd) => sshd.stop()));
  }
}
