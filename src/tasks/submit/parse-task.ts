import { FormValidateError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import { parseId } from '../../common/validation/ids.js';
import { NODE_TYPES, type NodeType } from '../../hosts/host.enums.js';
import { OP_TYPES, type OpType } from '../task.enums.js';
import { Complaints, refusalOf } from './complaints.js';
import { fanOut } from './fan-out.js';
import { booleanFrom } from './host-fields.js';
import { putsAnAgent, takesAgentAway, type HostRow, type TaskRequest } from './task-request.js';
import { FIELD_TEXTS } from './task-texts.js';

type Input = Readonly<Record<string, unknown>>;

/** The body is no object, so that there are no fields to complain about. */
class TaskBodyExpectedError extends FormValidateError {
  constructor() {
    super(new Text('请求体必须是 JSON 对象', 'The body must be a JSON object'));
  }
}

/** SAVE is how the web page spells it. */
export function opTypeFrom(value: unknown): OpType | null {
  if (value === 'SAVE') return 'UPDATE_AUTHINFO';
  return OP_TYPES.find((opType) => opType === value) ?? null;
}

/**
 * Reads the body of POST tasks. Rows with complaints come along, so that the rules can add theirs and the caller hears
 * everything at once; a body whose own fields are wrong is refused here, since no rule can be applied to it.
 * @throws ValidateError
 * @throws FormValidateError when the body is no object
 */
export function parseTask(body: unknown): TaskRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new TaskBodyExpectedError();
  const input = body as Input;
  const complaints = new Complaints();
  const opType = choiceFrom(complaints, 'op_type', input['op_type'], opTypeFrom, OP_TYPES);
  const nodeType = nodeTypeFrom(complaints, opType, input['node_type']);
  const cloudId = cloudIdFrom(complaints, input['bk_cloud_id']);
  const packageVersion = versionFrom(complaints, opType, input['version']);
  const ignoresInstalledElsewhere = flagFrom(complaints, input, 'ignore_installed_elsewhere');
  const rows = rowsFrom(complaints, input['hosts']);
  if (!complaints.isEmpty) throw refusalOf(complaints, rows)!;
  const origin = { originJobId: null, ignoresInstalledElsewhere };
  return { opType: opType!, nodeType, cloudId: cloudId!, rows, packageVersion, ...origin };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function choiceFrom<T extends string>(
  complaints: Complaints,
  name: string,
  value: unknown,
  parse: (value: unknown) => T | null,
  choices: readonly T[],
): T | null {
  const chosen = parse(value);
  if (chosen === null) complaints.add(name, isAbsent(value) ? FIELD_TEXTS.required : FIELD_TEXTS.notAChoice(choices));
  return chosen;
}

/** Null for what takes agents away: there it is the host's own, whatever is sent. */
function nodeTypeFrom(complaints: Complaints, opType: OpType | null, value: unknown): NodeType | null {
  const isOwn = opType !== null && takesAgentAway(opType);
  if (isOwn && isAbsent(value)) return null;
  const find = (sent: unknown) => NODE_TYPES.find((one) => one === sent) ?? null;
  const nodeType = choiceFrom(complaints, 'node_type', value, find, NODE_TYPES);
  return isOwn ? null : nodeType;
}

function cloudIdFrom(complaints: Complaints, value: unknown): number | null {
  const id = parseId(typeof value === 'string' ? value.trim() : value, 0);
  if (id === null) complaints.add('bk_cloud_id', isAbsent(value) ? FIELD_TEXTS.required : FIELD_TEXTS.notAnId);
  return id;
}

/** Null for what installs nothing, whatever is sent. Whether there is such a version is for the checks to see. */
function versionFrom(complaints: Complaints, opType: OpType | null, value: unknown): string | null {
  if (opType === null || !putsAnAgent(opType) || isAbsent(value)) return null;
  if (typeof value === 'string') return value.trim() || null;
  complaints.add('version', FIELD_TEXTS.notText);
  return null;
}

function flagFrom(complaints: Complaints, input: Input, name: string): boolean {
  if (isAbsent(input[name])) return false;
  const flag = booleanFrom(input[name]);
  if (flag === null) complaints.add(name, FIELD_TEXTS.notBoolean);
  return flag ?? false;
}

function rowsFrom(complaints: Complaints, value: unknown): HostRow[] {
  if (value === undefined || value === null) complaints.add('hosts', FIELD_TEXTS.required);
  else if (!Array.isArray(value)) complaints.add('hosts', FIELD_TEXTS.notAList);
  else if (value.length === 0) complaints.add('hosts', FIELD_TEXTS.required);
  else {
    const rows = fanOut(value);
    if (rows) return rows;
    complaints.add('hosts', FIELD_TEXTS.tooManyHosts);
  }
  return [];
}
