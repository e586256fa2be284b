import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AdminBootstrap } from './admin-bootstrap.js';
import { ApiTokensController } from './api-tokens.controller.js';
import { ApiTokensService } from './api-tokens.service.js';
import { AuthController } from './auth.controller.js';
import { AuthGuard } from './auth.guard.js';
import { Authenticator } from './authenticator.js';
import { HashingQueue } from './hashing-queue.js';
import { LoginLimiter } from './login-limiter.js';
import { LoginService } from './login.service.js';
import { OriginCheck } from './origin-check.js';
import { SessionsService } from './sessions.service.js';
import { UserRolesService } from './user-roles.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Login and rights. Importing it puts the guard before every route of the process, so only the API does. */
@Module({
  controllers: [AuthController, ApiTokensController, UsersController],
  providers: [
    { provide: APP_GUARD, useClass: AuthGuard },
    AdminBootstrap,
    ApiTokensService,
    Authenticator,
    HashingQueue,
    LoginLimiter,
    LoginService,
    OriginCheck,
    SessionsService,
    UserRolesService,
    UsersService,
  ],
})
export class AuthModule {}
