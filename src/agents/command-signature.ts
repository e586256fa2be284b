import { createHash, randomBytes } from 'node:crypto';

/** What an agent may be told to do. */
export type CommandOp = 'uninstall';

/** A command before it is signed. */
export interface UnsignedCommand {
  op: CommandOp;
  hostId: number;
  runId: number;
  nonce: string;
}

export function newCommandNonce(): string {
  return randomBytes(16).toString('hex');
}

/**
 * What proves to the agent that a command is ours, for its host and this run. It is nested, so that nothing can be
 * appended to what was signed; and made of plain SHA-256, which every host has a command for.
 * @see agent/README.md, "Commands"
 */
export function signCommand(key: string, { op, hostId, runId, nonce }: UnsignedCommand): string {
  return sha256(`${key}:${sha256(`${key}:${op} ${hostId} ${runId} ${nonce}`)}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
