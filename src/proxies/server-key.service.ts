import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { newSshKeyPair, type SshKeyPair } from '../common/crypto/openssh-key.js';
import { SecretBox } from '../common/crypto/secret-box.js';
import { ServerKey } from './server-key.entity.js';

/** Any number, as long as all processes use the same one. */
const CREATION_LOCK = 7_300_003;

/** The server's own SSH key, by which it passes through proxies. Made at first use, and never changed. */
@Injectable()
export class ServerKeyService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly box: SecretBox,
  ) {}

  /** `ssh-ed25519 AAAA…`: what hosts are to let in. */
  async publicKey(): Promise<string> {
    return (await this.findOrCreate()).publicKey;
  }

  /**
   * The private half is opened for each call, and is to be held no longer than a login takes.
   * @throws SealBrokenError when it was sealed under another SECRET_KEY
   */
  async get(): Promise<SshKeyPair> {
    const key = await this.findOrCreate();
    return { publicKey: key.publicKey, privateKey: this.box.open(key.ciphertext, key.keyId, aadOf(key.id)) };
  }

  private async findOrCreate(): Promise<ServerKey> {
    return (await this.find(this.dataSource.manager)) ?? (await this.create());
  }

  private find(manager: EntityManager): Promise<ServerKey | null> {
    return manager.findOne(ServerKey, { where: {}, order: { id: 'ASC' } });
  }

  /** Of many that need it for the first time, one makes it, and the others wait for that. */
  private create(): Promise<ServerKey> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [CREATION_LOCK]);
      const known = await this.find(manager);
      if (known) return known;
      const [{ id }] = (await manager.query(
        `SELECT nextval(pg_get_serial_sequence('server_keys', 'id'))::int AS id`,
      )) as [{ id: number }];
      const { publicKey, privateKey } = newSshKeyPair();
      await manager.insert(ServerKey, { id, publicKey, ...this.box.seal(privateKey, aadOf(id)) });
      return manager.findOneByOrFail(ServerKey, { id });
    });
  }
}

function aadOf(id: number): string {
  return `server_keys:${id}`;
}
