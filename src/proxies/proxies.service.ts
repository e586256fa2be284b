import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { isUsableProxy } from '../clouds/usable-proxy.sql.js';
import type { Text } from '../common/i18n/text.js';
import { Env } from '../env/env.js';
import { Proxy, type SshStatus } from './proxy.entity.js';

/** A proxy, as whoever wants to pass through it needs to know it. */
export interface ProxyView {
  hostId: number;
  cloudId: number;
  /** Its address in its area, under which its host key is pinned. */
  innerIp: string;
  /** Where the server logs in to it; null: at `innerIp`. */
  outerIp: string | null;
  port: number;
  /** Whose authorized_keys hold the server's key. */
  account: string;
  /** Its agent reports, and an SSH session to it came up when last tried. */
  isUsable: boolean;
}

const VIEW = `
  SELECT h.id AS "hostId", h.cloud_id AS "cloudId", host(h.inner_ip) AS "innerIp", host(h.outer_ip) AS "outerIp", h.port,
    coalesce(p.account, h.account) AS account, ${isUsableProxy('h')} AS "isUsable"`;

const OF_CLOUD = `${VIEW}
  FROM hosts h LEFT JOIN proxies p ON p.host_id = h.id
  WHERE h.business_id = $1 AND h.cloud_id = $2 AND h.node_type = 'PROXY' AND h.removed_at IS NULL AND NOT h.is_candidate
    AND (p.host_id IS NOT NULL OR h.agent_installed OR h.agent_status = 'RUNNING')
  ORDER BY "isUsable" DESC, h.id`;

/** Those that hosts can be sent to: they serve from the end of their INSTALL to that of their UNINSTALL. */
const INNER_ADDRESSES = `
  SELECT host(h.inner_ip) AS address, family(h.inner_ip) AS family
  FROM hosts h LEFT JOIN proxies p ON p.host_id = h.id
  WHERE h.business_id = $1 AND h.cloud_id = $2 AND h.node_type = 'PROXY' AND h.removed_at IS NULL AND NOT h.is_candidate
    AND (p.host_id IS NOT NULL OR h.agent_installed)
  ORDER BY ${isUsableProxy('h')} DESC, h.id`;

/** Workers that look at the same time take different ones. */
const TAKE_DUE = `
  WITH due AS MATERIALIZED (
    SELECT p.host_id FROM proxies p JOIN hosts h ON h.id = p.host_id AND h.removed_at IS NULL
    WHERE p.check_due_at <= now() ORDER BY p.check_due_at LIMIT $1 FOR NO KEY UPDATE OF p SKIP LOCKED
  ), taken AS (
    UPDATE proxies p SET check_due_at = now() + make_interval(secs => $2) FROM due WHERE p.host_id = due.host_id
    RETURNING p.host_id, p.account
  )
  ${VIEW} FROM hosts h JOIN taken p ON p.host_id = h.id ORDER BY h.id`;

const WRITE_STATUS = `
  UPDATE proxies p SET ssh_status = $2, ssh_error = $3::jsonb, checked_at = now()
  FROM (SELECT host_id, ssh_status FROM proxies WHERE host_id = $1 FOR NO KEY UPDATE) was
  WHERE p.host_id = was.host_id RETURNING was.ssh_status AS before`;

/** The doors into closed areas: which there are, which can be used, and where hosts behind them are sent to. */
@Injectable()
export class ProxiesService {
  private readonly logger = new Logger(ProxiesService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly env: Env,
  ) {}

  /** The business's proxies in the cloud that are installed, the usable ones first, then by id. */
  of(businessId: number, cloudId: number): Promise<ProxyView[]> {
    return this.dataSource.query<ProxyView[]>(OF_CLOUD, [businessId, cloudId]);
  }

  /**
   * `address:port` of where the business's proxies serve the hosts of the area, IPv6 in brackets, in the order of `of`:
   * where these download from and report to.
   */
  async areaServers(businessId: number, cloudId: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ address: string; family: number }[]>(INNER_ADDRESSES, [
      businessId,
      cloudId,
    ]);
    return rows.map(({ address, family }) => `${family === 6 ? `[${address}]` : address}:${this.env.proxyPort}`);
  }

  /** The host lets the server's key in, as this account, and forwards: from now on it is a proxy. */
  async markInstalled(manager: EntityManager, hostId: number, account: string): Promise<void> {
    await manager.query(
      `INSERT INTO proxies (host_id, account, ssh_status, checked_at, check_due_at) VALUES ($1, $2, 'UP', now(), now())
       ON CONFLICT (host_id) DO UPDATE SET account = excluded.account, ssh_status = 'UP', ssh_error = NULL,
         checked_at = now(), check_due_at = now()`,
      [hostId, account],
    );
  }

  /** No session to it could be had. */
  markDown(hostId: number, text: Text): Promise<void> {
    return this.write(hostId, 'DOWN', text);
  }

  /** As `markDown`, of a session that broke while it was used: whether a new one can be had is looked at soon. */
  async markBroken(hostId: number, text: Text): Promise<void> {
    await this.write(hostId, 'DOWN', text);
    await this.dataSource.manager.update(Proxy, { hostId }, { checkDueAt: () => 'now()' });
  }

  markUp(hostId: number): Promise<void> {
    return this.write(hostId, 'UP', null);
  }

  /** It is no proxy any more. */
  async forget(manager: EntityManager, hostId: number): Promise<void> {
    await manager.delete(Proxy, { hostId });
  }

  /** Takes at most `limit` proxies whose time to be looked at has come, which is next so many seconds from now. */
  takeDue(limit: number, againAfterSeconds: number): Promise<ProxyView[]> {
    return this.dataSource.query<ProxyView[]>(TAKE_DUE, [limit, againAfterSeconds]);
  }

  private async write(hostId: number, status: SshStatus, text: Text | null): Promise<void> {
    const error = text && { zh: text.zh, en: text.en };
    const [[row]] = await this.dataSource.query<[{ before: SshStatus }[], number]>(WRITE_STATUS, [
      ...[hostId, status],
      error && JSON.stringify(error),
    ]);
    if (!row || row.before === status) return;
    this.logger.log(`proxy ${hostId} is ${status}${text ? `: ${text.en}` : ''}`);
  }
}
