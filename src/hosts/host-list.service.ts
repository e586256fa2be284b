import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import { CmdbService } from '../cmdb/cmdb.service.js';
import { ObjectNotExistError, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { linkTo, type Page, type PageQuery, pageOf } from '../common/pagination/page.js';
import { parseId } from '../common/validation/ids.js';
import { type Cursor, FIRST_CURSOR, HostCursors } from './host-cursor.js';
import { filterHosts } from './host-filter.js';
import type { HostListQuery } from './host-list.query.js';
import { DEFAULT_ORDER, type HostOrder, parseOrder } from './host-order.js';
import { type HostRow, SELECT_HOST_ROWS, SELECT_STATUS_ROWS, type StatusRow } from './host-row.js';
import { Host } from './host.entity.js';
import { KEPT_AFTER_REMOVAL } from './hosts.service.js';

/** Nothing has this id. */
const NO_ID = -1;

/** A row of a page, with the text of the column that the page is sorted by. */
type KeyedRow = HostRow & { sort_key: string };

/** What lists tell of hosts. However many hosts there are, a request costs the same few statements. */
@Injectable()
export class HostListService {
  constructor(
    @InjectRepository(Host) private readonly hosts: Repository<Host>,
    private readonly cmdb: CmdbService,
    private readonly cursors: HostCursors,
  ) {}

  /**
   * The hosts of a business that `query` asks for.
   * @param requestUrl path and query of the request, for the links
   * @throws ValidateError on a field of the query
   */
  async list(businessId: number, query: HostListQuery, requestUrl: string): Promise<Page<HostRow>> {
    const filtered = this.filtered(businessId, query);
    const count = await countOf(filtered.clone());
    if (query.cursor !== undefined) return this.walk(filtered, count, query, requestUrl);
    const order = parseOrder(query.order_by ?? DEFAULT_ORDER);
    const { page, page_size } = query;
    const rows = await this.rowsOf(filtered.offset((page - 1) * page_size).limit(page_size), order);
    return pageOf<HostRow>(rows, count, query, requestUrl);
  }

  /** @throws ObjectNotExistError when the business has no such host */
  async get(businessId: number, hostId: number): Promise<HostRow> {
    const [row] = await this.hosts.query<HostRow[]>(
      `${SELECT_HOST_ROWS} WHERE host.id = $1 AND host.business_id = $2 AND host.removed_at IS NULL`,
      [hostId, businessId],
    );
    if (!row) throw new ObjectNotExistError();
    return row;
  }

  /** By id; ids that are not hosts of the business are left out. */
  statuses(businessId: number, hostIds: readonly number[]): Promise<StatusRow[]> {
    return this.hosts.query<StatusRow[]>(
      `${SELECT_STATUS_ROWS} WHERE host.id = ANY($1) AND host.business_id = $2 AND host.removed_at IS NULL ORDER BY host.id`,
      [hostIds, businessId],
    );
  }

  /** The hosts that have left the list and can still come back, last removed first. */
  async removed(businessId: number, query: PageQuery, requestUrl: string): Promise<Page<HostRow>> {
    const condition = `host.business_id = $1 AND host.removed_at > now() - interval '${KEPT_AFTER_REMOVAL}'`;
    const [total] = await this.hosts.query<[{ count: number }]>(
      `SELECT count(*)::int AS count FROM hosts host WHERE ${condition}`,
      [businessId],
    );
    const rows = await this.hosts.query<HostRow[]>(
      `${SELECT_HOST_ROWS} WHERE ${condition} ORDER BY host.removed_at DESC, host.id DESC OFFSET $2 LIMIT $3`,
      [businessId, (query.page - 1) * query.page_size, query.page_size],
    );
    return pageOf(rows, total.count, query, requestUrl);
  }

  private filtered(businessId: number, query: HostListQuery): SelectQueryBuilder<Host> {
    const hosts = this.hosts
      .createQueryBuilder('host')
      .where('host.business_id = :businessId AND host.removed_at IS NULL', { businessId });
    filterHosts(hosts, query);
    this.filterByMembership(hosts, query);
    return hosts;
  }

  private filterByMembership(hosts: SelectQueryBuilder<Host>, { bk_set_id, bk_module_id }: HostListQuery): void {
    if (bk_set_id === undefined && bk_module_id === undefined) return;
    const { sql, parameters } = this.cmdb.memberCondition('host', {
      ...(bk_set_id !== undefined && { setId: parseId(bk_set_id) ?? NO_ID }),
      ...(bk_module_id !== undefined && { moduleId: parseId(bk_module_id) ?? NO_ID }),
    });
    hosts.andWhere(sql, parameters);
  }

  private async walk(
    filtered: SelectQueryBuilder<Host>,
    count: number,
    query: HostListQuery,
    requestUrl: string,
  ): Promise<Page<HostRow>> {
    const { page_size } = query;
    const cursor = query.cursor === FIRST_CURSOR ? null : this.cursors.read(query.cursor!);
    const order = orderOf(query, cursor);
    if (cursor) behind(filtered, order, cursor);
    // One more than wanted tells whether there is a next page.
    const rows = await this.rowsOf(filtered.limit(page_size + 1), order);
    const items = rows.slice(0, page_size);
    const page = cursor?.page ?? 1;
    const last = items.at(-1);
    const next =
      last && rows.length > page_size
        ? linkTo(requestUrl, {
            cursor: this.cursors.write({ order: order.name, key: last.sort_key, id: last.id, page: page + 1 }),
          })
        : null;
    return { page, total_page: Math.ceil(count / page_size), count, next, previous: null, perevious: null, items };
  }

  private async rowsOf(wanted: SelectQueryBuilder<Host>, order: HostOrder): Promise<KeyedRow[]> {
    const { column, direction } = order;
    const [page, parameters] = wanted
      .select('host.id', 'id')
      .addSelect(`CAST(host.${column} AS text)`, 'sort_key')
      .orderBy(`host.${column}`, direction)
      .addOrderBy('host.id', direction)
      .getQueryAndParameters();
    const select = SELECT_HOST_ROWS.replace('SELECT ', 'SELECT page.sort_key, ');
    return this.hosts.query<KeyedRow[]>(
      `${select} JOIN (${page}) page ON page.id = host.id ORDER BY host.${column} ${direction}, host.id ${direction}`,
      parameters,
    );
  }
}

async function countOf(hosts: SelectQueryBuilder<Host>): Promise<number> {
  const row = await hosts.select('count(*)::int', 'count').getRawOne<{ count: number }>();
  return row!.count;
}

/** A walk keeps the order that it was begun with. */
function orderOf(query: HostListQuery, cursor: Cursor | null): HostOrder {
  if (!cursor) return parseOrder(query.order_by ?? DEFAULT_ORDER);
  if (query.order_by === undefined || query.order_by === cursor.order) return parseOrder(cursor.order);
  throw ValidateError.of(
    'order_by',
    new Text('与游标的排序不一致', 'This is not the order that the cursor was made for'),
  );
}

function behind(hosts: SelectQueryBuilder<Host>, { column, type, direction }: HostOrder, cursor: Cursor): void {
  const comparison = direction === 'ASC' ? '>' : '<';
  hosts.andWhere(`(host.${column}, host.id) ${comparison} (CAST(:cursorKey AS ${type}), :cursorId)`, {
    cursorKey: cursor.key,
    cursorId: cursor.id,
  });
}
