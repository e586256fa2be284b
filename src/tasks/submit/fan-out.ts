import { parseAddress } from '../../common/validation/addresses.js';
import { Complaints } from './complaints.js';
import { firstOf, parseHostFields } from './host-fields.js';
import { NO_FIELDS, type HostRow } from './task-request.js';
import { FIELD_TEXTS, MAX_HOSTS } from './task-texts.js';

/** Commas, and what people paste instead of them. */
const SEPARATORS = /[,;\r\n]+/;

/**
 * Makes a row for each address of each element of `hosts`, its other fields copied. An element that has no usable
 * addresses stays one row, which says so. Null when there are more than `MAX_HOSTS`.
 */
export function fanOut(elements: readonly unknown[]): HostRow[] | null {
  const rows: HostRow[] = [];
  const seen = new Set<string>();
  for (const element of elements) {
    const fanned = fanOutElement(element, seen, MAX_HOSTS - rows.length);
    if (!fanned) return null;
    for (const row of fanned) rows.push(row);
  }
  return rows;
}

function fanOutElement(element: unknown, seen: Set<string>, room: number): HostRow[] | null {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) {
    return room > 0 ? [rowWithoutFields()] : null;
  }
  const input = element as Record<string, unknown>;
  const { fields, complaints } = parseHostFields(input);
  const sent = firstOf(input['inner_ips'], input['conn_ips']) ?? '';
  const ips = typeof sent === 'string' ? split(sent) : [];
  if (Math.max(ips.length, 1) > room) return null;
  if (ips.length === 0) {
    complaints.add('inner_ip', typeof sent === 'string' ? FIELD_TEXTS.required : FIELD_TEXTS.notText);
    return [{ sentIp: '', address: null, fields, complaints }];
  }
  return ips.map((sentIp) => {
    const own = new Complaints(complaints);
    return { sentIp, address: addressOf(sentIp, seen, own), fields, complaints: own };
  });
}

function split(ips: string): string[] {
  return ips
    .split(SEPARATORS)
    .map((ip) => ip.trim())
    .filter((ip) => ip !== '');
}

function rowWithoutFields(): HostRow {
  const complaints = new Complaints();
  complaints.add('non_field_errors', FIELD_TEXTS.notAnObject);
  return { sentIp: '', address: null, fields: NO_FIELDS, complaints };
}

/** The canonical form tells duplicates that are spelled differently, as IPv6 can be. */
function addressOf(sentIp: string, seen: Set<string>, complaints: Complaints): string | null {
  const address = parseAddress(sentIp);
  if (address === null) complaints.add('inner_ip', FIELD_TEXTS.address);
  else if (seen.has(address)) complaints.add('inner_ip', FIELD_TEXTS.duplicate);
  else {
    seen.add(address);
    return address;
  }
  return null;
}
