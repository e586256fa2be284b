import type { SelectQueryBuilder } from 'typeorm';
import { ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { parseAddress } from '../common/validation/addresses.js';
import { parseId } from '../common/validation/ids.js';
import type { HostListQuery } from './host-list.query.js';
import type { Host } from './host.entity.js';

/** Matches `search` of `HostFilter.keyword` in the text of index ix_hosts_search_trgm. */
const SEARCH_TEXT = 'host_search_text(host.inner_ip, host.outer_ip, host.node_type, host.os_type)';

/** Narrows `hosts` (alias `host`) to those that the query's own fields ask for. Membership in sets is the CMDB's to say. */
export function filterHosts(hosts: SelectQueryBuilder<Host>, query: HostListQuery): void {
  if (query.bk_cloud_id !== undefined) {
    hosts.andWhere('host.cloud_id = :cloudId', { cloudId: parseId(query.bk_cloud_id, 0) ?? -1 });
  }
  if (query.version !== undefined) {
    hosts.andWhere('host.agent_version ILIKE :version', { version: containing(query.version) });
  }
  if (query.keyword !== undefined) filterByKeyword(hosts, query.keyword.trim());
  if (query.ip?.length) {
    hosts.andWhere('(host.inner_ip = ANY(CAST(:ips AS inet[])) OR host.outer_ip = ANY(CAST(:ips AS inet[])))', {
      ips: query.ip.map(addressOf),
    });
  }
  for (const name of ['node_type', 'os_type', 'agent_status', 'job_status'] as const) {
    const values = query[name];
    if (values?.length) hosts.andWhere(`host.${name} = ANY(:${name})`, { [name]: values });
  }
}

/**
 * The clouds are looked up first, as a list, so that both sides of the OR are conditions on `hosts` alone and each can
 * use its index.
 */
function filterByKeyword(hosts: SelectQueryBuilder<Host>, keyword: string): void {
  if (keyword === '') return;
  hosts.andWhere(
    `(${SEARCH_TEXT} LIKE :search OR host.cloud_id = ANY(ARRAY(SELECT id FROM clouds WHERE name ILIKE :search)))`,
    { search: containing(keyword.toLowerCase()) },
  );
}

/** A LIKE pattern for texts that contain `text`, whose own `%` and `_` mean themselves. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

function addressOf(text: string): string {
  const address = parseAddress(text);
  if (address !== null) return address;
  const shown = text.slice(0, 64);
  throw ValidateError.of(
    'ip',
    new Text(`${shown}：请输入一个有效的IPv4或IPv6地址。`, `${shown}: enter a valid IPv4 or IPv6 address.`),
  );
}
