import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { type Page, pageOf, PageQuery, PageResponse } from '../common/pagination/page.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import { AdminOnly } from './access.decorator.js';
import { CreateUserRequest, UpdateUserRequest, UserResponse } from './user.dto.js';
import type { User } from './user.entity.js';
import { rolesFrom, UserRolesService } from './user-roles.service.js';
import { UsersService } from './users.service.js';

const userIdParameter = ApiParam({ name: 'user_id', type: Number, example: 1 });

@ApiTags('auth')
@AdminOnly()
@Controller('auth/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly roles: UserRolesService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'A page of the users (administrators)' })
  @ApiEnvelope(PageResponse(UserResponse), { errors: ['PERMISSION_DENIED', 'VALIDATE_ERROR'] })
  async list(@Query() query: PageQuery, @Req() request: Request): Promise<Page<UserResponse>> {
    const [users, count] = await this.users.list(query);
    return pageOf(await this.responsesOf(users), count, query, request.originalUrl);
  }

  @Post()
  @ApiOperation({ summary: 'Make a user (administrators)' })
  @ApiEnvelope(UserResponse, {
    errors: ['PERMISSION_DENIED', 'VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'TOO_MANY_REQUESTS'],
  })
  async create(@Body() { username, password, is_admin, roles }: CreateUserRequest): Promise<UserResponse> {
    const isAdmin = is_admin ?? false;
    return this.responseOf(await this.users.create({ username, password, isAdmin, roles: rolesFrom(roles ?? []) }));
  }

  @Get(':user_id')
  @userIdParameter
  @ApiOperation({ summary: 'One user (administrators)' })
  @ApiEnvelope(UserResponse, { errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async get(@Param('user_id', ParseIdPipe) userId: number): Promise<UserResponse> {
    return this.responseOf(await this.users.get(userId));
  }

  @Patch(':user_id')
  @userIdParameter
  @ApiOperation({
    summary: "Change a user's password, rights or lock (administrators)",
    description:
      'A new password and a lock end all sessions of the user. The last administrator cannot be demoted or locked.',
  })
  @ApiEnvelope(UserResponse, {
    errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST', 'VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'TOO_MANY_REQUESTS'],
  })
  async update(
    @Param('user_id', ParseIdPipe) userId: number,
    @Body() { password, is_admin, is_locked, roles }: UpdateUserRequest,
  ): Promise<UserResponse> {
    const user = await this.users.update(userId, {
      password: password ?? undefined,
      isAdmin: is_admin ?? undefined,
      isLocked: is_locked ?? undefined,
      roles: roles ? rolesFrom(roles) : undefined,
    });
    return this.responseOf(user);
  }

  @Delete(':user_id')
  @userIdParameter
  @ApiOperation({ summary: 'Delete a user, with sessions and tokens (administrators)' })
  @ApiEnvelope(null, { errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST', 'FORM_VALIDATE_ERROR'] })
  async delete(@Param('user_id', ParseIdPipe) userId: number): Promise<void> {
    await this.users.delete(userId);
  }

  private async responseOf(user: User): Promise<UserResponse> {
    return (await this.responsesOf([user]))[0]!;
  }

  private async responsesOf(users: User[]): Promise<UserResponse[]> {
    const roles = await this.roles.of(users.map(({ id }) => id));
    return users.map((user) => UserResponse.from(user, roles.get(user.id)!));
  }
}
