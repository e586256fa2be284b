import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { CloudsService } from '../clouds/clouds.service.js';
import { isUsableProxy } from '../clouds/usable-proxy.sql.js';
import { ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { parseAddress } from '../common/validation/addresses.js';
import { Host } from './host.entity.js';

/** How many proxies a business has in a cloud. */
export interface ProxyCount {
  total: number;
  /** Those that can be used: the agent runs, and an SSH session comes up. */
  valid_count: number;
}

/** Answers, before anything is done, whether it would make sense. */
@Injectable()
export class HostCheckService {
  constructor(
    @InjectRepository(Host) private readonly hosts: Repository<Host>,
    private readonly clouds: CloudsService,
  ) {}

  /**
   * Passes when the business manages none of these addresses yet, in no cloud. Hosts of other businesses are not mentioned,
   * nor are candidates, on which nothing was ever installed.
   * @param sent addresses as the client wrote them, which its complaints are keyed by
   * @throws ValidateError with a list of complaints about managed addresses, or on `hosts` about texts that are none
   */
  async requireUnmanaged(businessId: number, cloudId: number | null, sent: readonly string[]): Promise<void> {
    const addresses = parseAll(sent);
    const cloudIdsByAddress = await this.cloudsByAddress(businessId, [...new Set(addresses.values())]);
    if (cloudIdsByAddress.size === 0) return;
    const names = await this.clouds.namesOf([...new Set([...cloudIdsByAddress.values()].flat())]);
    const complaints = [...addresses].flatMap(([text, address]) => {
      const cloudIds = cloudIdsByAddress.get(address);
      if (!cloudIds) return [];
      const isHere = cloudId !== null && cloudIds.includes(cloudId);
      return [[text, isHere ? installed(text) : elsewhere(text, names.get(cloudIds[0]!))] as const];
    });
    // fromEntries defines its keys: a text such as __proto__ is one like any other.
    throw new ValidateError([Object.fromEntries(complaints)]);
  }

  async countProxies(businessId: number, cloudId: number | null): Promise<ProxyCount> {
    const [count] = await this.hosts.query<[ProxyCount]>(
      `SELECT count(*)::int AS total, (count(*) FILTER (WHERE ${isUsableProxy('h')}))::int AS valid_count
       FROM hosts h
       WHERE business_id = $1 AND cloud_id = $2 AND node_type = 'PROXY' AND removed_at IS NULL AND NOT is_candidate`,
      [businessId, cloudId],
    );
    return count;
  }

  private async cloudsByAddress(businessId: number, addresses: string[]): Promise<Map<string, number[]>> {
    const rows = await this.hosts.query<{ address: string; cloud_ids: number[] }[]>(
      `SELECT host(inner_ip) AS address, array_agg(cloud_id ORDER BY cloud_id) AS cloud_ids FROM hosts
       WHERE business_id = $1 AND removed_at IS NULL AND NOT is_candidate AND inner_ip = ANY(CAST($2 AS inet[]))
       GROUP BY inner_ip`,
      [businessId, addresses],
    );
    return new Map(rows.map(({ address, cloud_ids }) => [address, cloud_ids]));
  }
}

/** Canonical addresses by the texts that they were sent as. */
function parseAll(sent: readonly string[]): Map<string, string> {
  const addresses = new Map<string, string>();
  const wrong: Text[] = [];
  for (const text of sent.map((each) => each.trim())) {
    const address = parseAddress(text);
    if (address === null) wrong.push(noAddress(text));
    else addresses.set(text, address);
  }
  if (wrong.length > 0) throw new ValidateError({ hosts: wrong });
  return addresses;
}

function noAddress(text: string): Text {
  const shown = text.slice(0, 64);
  return new Text(`${shown}：请输入一个有效的IPv4或IPv6地址。`, `${shown}: enter a valid IPv4 or IPv6 address.`);
}

function installed(text: string): Text {
  return new Text(`${text}:当前机器已经安装了agent`, `${text}:an agent is installed on this host already`);
}

function elsewhere(text: string, cloudName: string | undefined): Text {
  return new Text(
    `${text}:当前机器属于${cloudName ?? '未知'}云区域`,
    `${text}:this host belongs to ${cloudName === undefined ? 'an unknown cloud' : `cloud ${cloudName}`}`,
  );
}
