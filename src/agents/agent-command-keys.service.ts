import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { type Sealed, SealBrokenError, SecretBox } from '../common/crypto/secret-box.js';
import { newToken } from '../common/crypto/tokens.js';
import { Agent } from './agent.entity.js';

interface SealedKey {
  commandKey: Buffer;
  commandKeyId: string;
}

const KEEP_OR_STORE = `
  INSERT INTO agents (host_id, command_key, command_key_id) VALUES ($1, $2, $3)
  ON CONFLICT (host_id) DO UPDATE SET
    command_key = coalesce(agents.command_key, excluded.command_key),
    command_key_id = coalesce(agents.command_key_id, excluded.command_key_id)
  RETURNING command_key AS "commandKey", command_key_id AS "commandKeyId"`;

/**
 * What commands to the agent of a host are signed with: 43 characters that are safe in a shell. They go to the host over
 * SSH only, so that whoever can change what an agent is answered still cannot tell it what to do.
 */
@Injectable()
export class AgentCommandKeys {
  constructor(
    @InjectRepository(Agent) private readonly agents: Repository<Agent>,
    private readonly box: SecretBox,
  ) {}

  /** The key of the host's agent, made on first use; one that cannot be opened any more is replaced. */
  async forHost(hostId: number): Promise<string> {
    const fresh = this.seal(hostId, newToken());
    const [row] = await this.agents.query<SealedKey[]>(KEEP_OR_STORE, [hostId, fresh.ciphertext, fresh.keyId]);
    return this.open(hostId, row!) ?? this.replace(hostId);
  }

  /** Null when the agent was never given a key, or when it was sealed under another SECRET_KEY. */
  async find(hostId: number): Promise<string | null> {
    const row = await this.agents.findOneBy({ hostId });
    if (!row?.commandKey || row.commandKeyId === null) return null;
    return this.open(hostId, { commandKey: row.commandKey, commandKeyId: row.commandKeyId });
  }

  private async replace(hostId: number): Promise<string> {
    const key = newToken();
    const { ciphertext, keyId } = this.seal(hostId, key);
    await this.agents.update({ hostId }, { commandKey: ciphertext, commandKeyId: keyId });
    return key;
  }

  private seal(hostId: number, key: string): Sealed {
    return this.box.seal(key, aadOf(hostId));
  }

  private open(hostId: number, { commandKey, commandKeyId }: SealedKey): string | null {
    try {
      return this.box.open(commandKey, commandKeyId, aadOf(hostId));
    } catch (error) {
      if (error instanceof SealBrokenError) return null;
      throw error;
    }
  }
}

/** Binds a key to its host: moved to another row, it does not open. */
function aadOf(hostId: number): string {
  return `agents:${hostId}:command_key`;
}
