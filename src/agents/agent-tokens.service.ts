import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { hashToken, newToken } from '../common/crypto/tokens.js';
import { MAX_ID } from '../common/validation/ids.js';
import { Agent } from './agent.entity.js';

/** A token taken apart: who it claims to be for, and what the table would hold of it. */
export interface ParsedToken {
  hostId: number;
  hash: string;
}

/** The tokens that agents report with: `<host id>.<secret>`, of which only hashes are stored. */
@Injectable()
export class AgentTokensService {
  constructor(@InjectRepository(Agent) private readonly agents: Repository<Agent>) {}

  /**
   * A new token for the agent that a run installs. The host's present token stays good until the new one first reports,
   * which also confirms the run; a token that the same run was given before is dead at once.
   */
  async issue(hostId: number, runId: number): Promise<string> {
    const token = `${hostId}.${newToken()}`;
    await this.agents.query(
      `INSERT INTO agents (host_id, pending_token_hash, pending_run_id) VALUES ($1, $2, $3)
       ON CONFLICT (host_id) DO UPDATE SET
         pending_token_hash = excluded.pending_token_hash, pending_run_id = excluded.pending_run_id,
         confirmed_run_id = nullif(agents.confirmed_run_id, excluded.pending_run_id)`,
      [hostId, hashToken(token), runId],
    );
    return token;
  }

  /**
   * The token that this run gave is dead, unless it has reported before: an agent that was put back keeps its own.
   * @returns whether it was dead in time
   */
  async withdraw(hostId: number, runId: number): Promise<boolean> {
    const { affected } = await this.agents.update(
      { hostId, pendingRunId: runId },
      { pendingTokenHash: null, pendingRunId: null },
    );
    return affected === 1 || !(await this.agents.existsBy({ hostId, confirmedRunId: runId }));
  }

  /** No agent may report for the host, nor take commands, any more; what its plugins did is forgotten. */
  async revoke(manager: EntityManager, hostId: number): Promise<void> {
    await manager.update(
      Agent,
      { hostId },
      {
        ...{ tokenHash: null, pendingTokenHash: null, pendingRunId: null },
        ...{ commandKey: null, commandKeyId: null, processes: [] },
      },
    );
  }
}

/** Null when the text cannot be a token. */
export function parseToken(token: string): ParsedToken | null {
  const match = /^([1-9]\d{0,9})\.[\w-]{20,128}$/.exec(token);
  if (!match) return null;
  const hostId = Number(match[1]);
  return hostId <= MAX_ID ? { hostId, hash: hashToken(token) } : null;
}
