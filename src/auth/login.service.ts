import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BadLoginError, WrongOldPasswordError } from './auth.errors.js';
import type { Caller } from './caller.js';
import { HashingQueue } from './hashing-queue.js';
import { type Attempt, LoginLimiter } from './login-limiter.js';
import { hashPassword, verifyPassword } from './password-hash.js';
import { type NewSession, SessionsService } from './sessions.service.js';
import { User } from './user.entity.js';
import { type Roles, UserRolesService } from './user-roles.service.js';
import { USERNAME } from './username.js';

/** A login that succeeded. */
export interface Login extends NewSession {
  readonly user: User;
  readonly roles: Roles;
}

/** Passwords against the users' hashes, never faster than the limits allow. */
@Injectable()
export class LoginService {
  private readonly logger = new Logger(LoginService.name);

  constructor(
    private readonly database: DataSource,
    private readonly hashing: HashingQueue,
    private readonly limiter: LoginLimiter,
    private readonly sessions: SessionsService,
    private readonly roles: UserRolesService,
  ) {}

  /** @throws BadLoginError, TooManyRequestsError */
  async login(attempt: Attempt, password: string): Promise<Login> {
    await this.limiter.refuseIfExhausted(attempt);
    const user = await this.findWithPassword(attempt.username);
    const isRight = await this.tryPassword(attempt, password, user?.isLocked ? null : user);
    const session = user && isRight ? await this.openSession(user) : null;
    if (!user || !session) {
      this.logger.log(`login failed for ${user ? `user ${user.username}` : 'an unknown name'} from ${attempt.address}`);
      throw new BadLoginError();
    }
    this.logger.log(`user ${user.username} logged in from ${attempt.address}`);
    await this.sessions.sweep();
    return { ...session, user, roles: (await this.roles.of([user.id])).get(user.id)! };
  }

  /**
   * Gives the caller a new password and ends all of the caller's sessions.
   * @returns a session in place of the one that the caller came with; null when it came with an API token
   * @throws WrongOldPasswordError, TooManyRequestsError
   */
  async changePassword(caller: Caller, address: string, old: string, replacement: string): Promise<NewSession | null> {
    const attempt = { username: caller.username, address };
    await this.limiter.refuseIfExhausted(attempt);
    const user = await this.findWithPassword(caller.username);
    if (!(await this.tryPassword(attempt, old, user))) throw new WrongOldPasswordError();
    const passwordHash = await this.hashing.run(() => hashPassword(replacement));
    this.logger.log(`user ${caller.username} changed the password`);
    return this.database.transaction(async (manager) => {
      const change = { passwordHash, updatedAt: () => 'now()' };
      const { affected } = await manager.update(User, { id: caller.id, passwordHash: user!.passwordHash }, change);
      if (!affected) throw new WrongOldPasswordError();
      await this.sessions.endAllOf(manager, caller.id);
      return caller.credential.sessionId === null ? null : this.sessions.open(manager, caller.id);
    });
  }

  /** Null when the user was locked, deleted or given another password while this one was being checked. */
  private openSession({ id, passwordHash }: User): Promise<NewSession | null> {
    return this.database.transaction(async (manager) => {
      const isStillRight = await manager.findOne(User, {
        select: { id: true },
        where: { id, passwordHash, isLocked: false },
        lock: { mode: 'pessimistic_read' },
      });
      return isStillRight ? this.sessions.open(manager, id) : null;
    });
  }

  /**
   * The limit is looked at once more when the turn has come, and a failure is counted before the next turn: however many
   * attempts arrive at once, no more than the limit (and one turn) are made.
   */
  private tryPassword(attempt: Attempt, password: string, user: User | null): Promise<boolean> {
    return this.hashing.run(async () => {
      await this.limiter.refuseIfExhausted(attempt);
      const isRight = await verifyPassword(password, user?.passwordHash ?? null);
      if (!isRight) await this.limiter.recordFailure(attempt);
      return isRight;
    });
  }

  /** Null also for a text that can be no user's name: Postgres would refuse some of them with an error. */
  private findWithPassword(username: string): Promise<User | null> {
    if (!USERNAME.test(username)) return Promise.resolve(null);
    return this.database.manager
      .createQueryBuilder(User, 'user')
      .addSelect('user.passwordHash')
      .where('lower(user.username) = lower(:username)', { username })
      .getOne();
  }
}
