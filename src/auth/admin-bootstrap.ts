import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../env/env.js';
import { HashingQueue } from './hashing-queue.js';
import { hashPassword } from './password-hash.js';
import { User } from './user.entity.js';

/** Makes the first administrator when the API starts on a database without any user. */
@Injectable()
export class AdminBootstrap implements OnApplicationBootstrap {
  private readonly logger = new Logger(AdminBootstrap.name);

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
    private readonly hashing: HashingQueue,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.database.manager.exists(User)) return;
    const { adminUsername: username, adminPassword } = this.env;
    const password = adminPassword ?? randomBytes(15).toString('base64url');
    if (!(await this.insert(username, password))) return;
    this.logger.log(`made the first administrator, ${username}`);
    // Not through the logger: logs are collected and kept, and this is to be seen once, by whoever started us.
    if (!adminPassword) process.stdout.write(announcement(username, password));
  }

  /** False when another API, started at the same time, was first. */
  private async insert(username: string, password: string): Promise<boolean> {
    const passwordHash = await this.hashing.run(() => hashPassword(password));
    const rows = await this.database.query<unknown[]>(
      `INSERT INTO users (username, password_hash, is_admin)
       SELECT $1, $2, true WHERE NOT EXISTS (SELECT 1 FROM users)
       ON CONFLICT DO NOTHING RETURNING id`,
      [username, passwordHash],
    );
    return rows.length > 0;
  }
}

function announcement(username: string, password: string): string {
  const lines = [
    'The first administrator was made. Keep this, it is not shown again.',
    '',
    `  user name   ${username}`,
    `  password    ${password}`,
  ];
  const width = Math.max(...lines.map((line) => line.length));
  const rule = `+${'-'.repeat(width + 2)}+`;
  return `\n${[rule, ...lines.map((line) => `| ${line.padEnd(width)} |`), rule].join('\n')}\n\n`;
}
