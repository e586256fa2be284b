import { ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

interface SortColumn {
  readonly column: string;
  /** Type of the column, for keys that come back as text in a cursor. */
  readonly type: 'integer' | 'inet' | 'text' | 'timestamptz';
}

/** What `order_by` may name. */
export const SORT_COLUMNS = {
  id: { column: 'id', type: 'integer' },
  inner_ip: { column: 'inner_ip', type: 'inet' },
  bk_cloud_id: { column: 'cloud_id', type: 'integer' },
  node_type: { column: 'node_type', type: 'text' },
  os_type: { column: 'os_type', type: 'text' },
  agent_status: { column: 'agent_status', type: 'text' },
  version: { column: 'agent_version', type: 'text' },
  job_status: { column: 'job_status', type: 'text' },
  update_time: { column: 'updated_at', type: 'timestamptz' },
  created_time: { column: 'created_at', type: 'timestamptz' },
} as const satisfies Record<string, SortColumn>;

export type SortName = keyof typeof SORT_COLUMNS;

/** Newest first. */
export const DEFAULT_ORDER = '-id';

/** An order of hosts that is total: ties are broken by id, in the same direction. */
export interface HostOrder extends SortColumn {
  /** As the client writes it, such as `-update_time`. */
  readonly name: string;
  readonly direction: 'ASC' | 'DESC';
}

/** @throws ValidateError on `order_by` when it names nothing of the whitelist */
export function parseOrder(name: string): HostOrder {
  const isDescending = name.startsWith('-');
  const sortName = isDescending ? name.slice(1) : name;
  if (!Object.hasOwn(SORT_COLUMNS, sortName)) {
    const names = Object.keys(SORT_COLUMNS).join(', ');
    throw ValidateError.of(
      'order_by',
      new Text(`可选的排序字段：${names}，降序时前面加 -`, `Choose one of: ${names}; with a leading - for descending`),
    );
  }
  return { ...SORT_COLUMNS[sortName as SortName], name, direction: isDescending ? 'DESC' : 'ASC' };
}
