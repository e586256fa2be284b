import { Body, Controller, Get, Header, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { Env } from '../env/env.js';
import { ChangePasswordRequest, LoginRequest, LoginResponse } from './auth.dto.js';
import { Caller } from './caller.js';
import { CurrentUser } from './current-user.decorator.js';
import { LoginService } from './login.service.js';
import { Public } from './public.decorator.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { SESSION_COOKIE, sessionCookieOptions } from './session-cookie.js';
import { type NewSession, SessionsService } from './sessions.service.js';

const JSON_OR_FORM = ['application/json', 'application/x-www-form-urlencoded'];

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly logins: LoginService,
    private readonly sessions: SessionsService,
    private readonly env: Env,
  ) {}

  @Public()
  @UseGuards(SameOriginGuard)
  @Post('login')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Log in',
    description:
      'Sets the session cookie. Failures are limited by name and by address; a wrong name and a wrong password look the same.',
  })
  @ApiConsumes(...JSON_OR_FORM)
  @ApiEnvelope(LoginResponse, {
    errors: ['PERMISSION_DENIED', 'VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'TOO_MANY_REQUESTS'],
  })
  async login(
    @Body() { username, password }: LoginRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<LoginResponse> {
    const login = await this.logins.login({ username, address: request.ip ?? '' }, password);
    this.setCookie(response, login);
    return LoginResponse.from({ ...login.user, roles: login.roles }, login.expiresAt);
  }

  @Post('logout')
  @ApiOperation({
    summary: 'Log out',
    description: 'Ends the session and clears its cookie. An API token is not touched; delete it to revoke it.',
  })
  @ApiEnvelope(null, { errors: ['PERMISSION_DENIED'] })
  async logout(@CurrentUser() caller: Caller, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.sessions.endOf(caller);
    response.clearCookie(SESSION_COOKIE, sessionCookieOptions(this.env));
  }

  @Get('me')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Who is logged in, with which rights' })
  @ApiEnvelope(LoginResponse)
  me(@CurrentUser() caller: Caller): LoginResponse {
    return LoginResponse.from(caller, caller.credential.expiresAt);
  }

  @Post('password')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Change the own password',
    description:
      'Ends every session of the user; the one that made the call is replaced by a new one. API tokens stay.',
  })
  @ApiConsumes(...JSON_OR_FORM)
  @ApiEnvelope(null, { errors: ['PERMISSION_DENIED', 'VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'TOO_MANY_REQUESTS'] })
  async changePassword(
    @CurrentUser() caller: Caller,
    @Body() { old_password, new_password }: ChangePasswordRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const session = await this.logins.changePassword(caller, request.ip ?? '', old_password, new_password);
    if (session) this.setCookie(response, session);
  }

  private setCookie(response: Response, { token, expiresAt }: NewSession): void {
    response.cookie(SESSION_COOKIE, token, sessionCookieOptions(this.env, expiresAt));
  }
}
