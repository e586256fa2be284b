import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isUniqueViolation } from '../common/db/postgres-errors.js';
import type { PageQuery } from '../common/pagination/page.js';
import { LastAdministratorError, UserNotFoundError, UsernameTakenError } from './auth.errors.js';
import { HashingQueue } from './hashing-queue.js';
import { hashPassword } from './password-hash.js';
import { SessionsService } from './sessions.service.js';
import { User } from './user.entity.js';
import { type Roles, UserRolesService } from './user-roles.service.js';

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly isAdmin: boolean;
  readonly roles: Roles;
}

/** What is undefined stays as it is. */
export interface UserChange {
  readonly password?: string;
  readonly isAdmin?: boolean;
  readonly isLocked?: boolean;
  readonly roles?: Roles;
}

/** The people and systems that may log in. */
@Injectable()
export class UsersService {
  private readonly logger = new Logger(UsersService.name);

  constructor(
    private readonly database: DataSource,
    private readonly hashing: HashingQueue,
    private readonly sessions: SessionsService,
    private readonly roles: UserRolesService,
  ) {}

  /** By id, with the number of all users. */
  list({ page, page_size }: PageQuery): Promise<[User[], number]> {
    return this.database.manager.findAndCount(User, {
      order: { id: 'ASC' },
      skip: (page - 1) * page_size,
      take: page_size,
    });
  }

  /** @throws UserNotFoundError */
  async get(userId: number): Promise<User> {
    const user = await this.database.manager.findOneBy(User, { id: userId });
    if (!user) throw new UserNotFoundError();
    return user;
  }

  /** @throws UsernameTakenError, RoleBusinessNotFoundError */
  async create({ username, password, isAdmin, roles }: NewUser): Promise<User> {
    const passwordHash = await this.hashing.run(() => hashPassword(password));
    const userId = await this.database.transaction(async (manager) => {
      const id = await this.insert(manager, { username, passwordHash, isAdmin });
      await this.roles.replace(manager, id, roles);
      return id;
    });
    this.logger.log(`user ${username} was made${isAdmin ? ', an administrator' : ''}`);
    return this.get(userId);
  }

  /**
   * A new password and a lock end the user's sessions.
   * @throws UserNotFoundError, LastAdministratorError, RoleBusinessNotFoundError
   */
  async update(userId: number, { password, isAdmin, isLocked, roles }: UserChange): Promise<User> {
    const passwordHash = password === undefined ? undefined : await this.hashing.run(() => hashPassword(password));
    await this.database.transaction(async (manager) => {
      if (isAdmin === false || isLocked === true) await this.keepAnAdministratorBeside(manager, userId);
      const change = { passwordHash, isAdmin, isLocked, updatedAt: () => 'now()' };
      const { affected } = await manager.update(User, { id: userId }, change);
      if (!affected) throw new UserNotFoundError();
      if (roles) await this.roles.replace(manager, userId, roles);
      if (passwordHash !== undefined || isLocked === true) await this.sessions.endAllOf(manager, userId);
    });
    this.logger.log(`user ${userId} was changed`);
    return this.get(userId);
  }

  /** Sessions and tokens go with the user. @throws UserNotFoundError, LastAdministratorError */
  async delete(userId: number): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.keepAnAdministratorBeside(manager, userId);
      const { affected } = await manager.delete(User, { id: userId });
      if (!affected) throw new UserNotFoundError();
    });
    this.logger.log(`user ${userId} was deleted`);
  }

  private async insert(
    manager: EntityManager,
    user: Pick<User, 'username' | 'passwordHash' | 'isAdmin'>,
  ): Promise<number> {
    try {
      const { identifiers } = await manager.insert(User, user);
      return (identifiers[0] as { id: number }).id;
    } catch (error) {
      if (isUniqueViolation(error, 'uq_users_username')) throw new UsernameTakenError(user.username);
      throw error;
    }
  }

  /**
   * Locks every administrator's row, in one order: of two administrators who remove each other at once the second one waits,
   * and then finds that nobody else is left.
   */
  private async keepAnAdministratorBeside(manager: EntityManager, userId: number): Promise<void> {
    const administrators = await manager.query<{ id: number }[]>(
      'SELECT id FROM users WHERE is_admin AND NOT is_locked ORDER BY id FOR UPDATE',
    );
    if (administrators.length === 1 && administrators[0]!.id === userId) throw new LastAdministratorError();
  }
}
