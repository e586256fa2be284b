import type { Text } from '../../common/i18n/text.js';
import { parseAddress } from '../../common/validation/addresses.js';
import { AUTH_TYPES, OS_TYPES } from '../../hosts/host.enums.js';
import { Complaints } from './complaints.js';
import type { HostFields } from './task-request.js';
import { FIELD_TEXTS, MAX_ACCOUNT_LENGTH, MAX_KEY_BYTES, MAX_PASSWORD_LENGTH } from './task-texts.js';

type Input = Readonly<Record<string, unknown>>;

/** No leading `-`, which programs would take for an option; `\` and `@` are in the names of domains' accounts. */
const ACCOUNT = /^[\p{L}\p{N}_.@\\$+][\p{L}\p{N}_.@\\$+-]*$/u;

/** Reads what a row says about its host beside the address. Empty values count as absent. */
export function parseHostFields(input: Input): { fields: HostFields; complaints: Complaints } {
  const complaints = new Complaints();
  const field = <T>(name: string, sent: unknown, parse: (value: unknown) => T | null, wrong: Text): T | null => {
    if (sent === undefined || sent === null || sent === '') return null;
    const value = parse(sent);
    if (value === null) complaints.add(name, wrong);
    return value;
  };
  const choice = <T extends string>(name: string, choices: readonly T[]): T | null =>
    field(name, input[name], (value) => choices.find((one) => one === value) ?? null, FIELD_TEXTS.notAChoice(choices));
  const fields: HostFields = {
    outerIp: field('outer_ip', firstOf(input['outer_ip'], input['cascade_ip']), addressFrom, FIELD_TEXTS.address),
    account: field('account', input['account'], accountFrom, FIELD_TEXTS.account),
    port: field('port', input['port'], portFrom, FIELD_TEXTS.port),
    authType: choice('auth_type', AUTH_TYPES),
    password: field('password', input['password'], passwordFrom, FIELD_TEXTS.password),
    key: field('key', input['key'], keyFrom, FIELD_TEXTS.key),
    osType: choice('os_type', OS_TYPES),
    hasCygwin: field('has_cygwin', input['has_cygwin'], booleanFrom, FIELD_TEXTS.notBoolean),
  };
  return { fields, complaints };
}

/** True and false as JSON, forms and older clients write them; null for anything else. */
export function booleanFrom(value: unknown): boolean | null {
  if (value === true || value === 1 || value === '1' || value === 'true' || value === 'True') return true;
  if (value === false || value === 0 || value === '0' || value === 'false' || value === 'False') return false;
  return null;
}

/** What is sent under one name, or under its other spelling. */
export function firstOf(sent: unknown, otherSpelling: unknown): unknown {
  return sent === undefined || sent === null || sent === '' ? otherSpelling : sent;
}

function addressFrom(value: unknown): string | null {
  return typeof value === 'string' ? parseAddress(value.trim()) : null;
}

function accountFrom(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_ACCOUNT_LENGTH && ACCOUNT.test(value) ? value : null;
}

function portFrom(value: unknown): number | null {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

/** One line: sudo reads its password as a line. */
function passwordFrom(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_PASSWORD_LENGTH) return null;

  return /[\0\r\n]/.test(value) ? null : value;
}

/** Whether it is a key is for the run to find out, which has a code for one that cannot be read. */
function keyFrom(value: unknown): string | null {
  if (typeof value !== 'string' || value.includes('\0')) return null;
  return Buffer.byteLength(value) <= MAX_KEY_BYTES ? value : null;
}
