import { Body, Controller, Delete, Get, Header, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import { CreateTokenRequest, DEFAULT_TOKEN_DAYS, NewTokenResponse, TokenResponse } from './api-token.dto.js';
import { ApiTokensService } from './api-tokens.service.js';
import { Caller } from './caller.js';
import { CurrentUser } from './current-user.decorator.js';

@ApiTags('auth')
@Controller('auth/tokens')
export class ApiTokensController {
  constructor(private readonly tokens: ApiTokensService) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Make an API token',
    description:
      'It may do what its user may do, at every moment. The token itself is in this answer and nowhere else.',
  })
  @ApiEnvelope(NewTokenResponse, { errors: ['PERMISSION_DENIED', 'VALIDATE_ERROR', 'FORM_VALIDATE_ERROR'] })
  async create(
    @CurrentUser() caller: Caller,
    @Body() { name, expires_in_days: days = DEFAULT_TOKEN_DAYS }: CreateTokenRequest,
  ): Promise<NewTokenResponse> {
    const { entity, token } = await this.tokens.create(caller, name, days);
    return NewTokenResponse.withSecret(entity, token);
  }

  @Get()
  @ApiOperation({ summary: 'The own API tokens, newest first' })
  @ApiEnvelope([TokenResponse])
  async list(@CurrentUser() caller: Caller): Promise<TokenResponse[]> {
    return (await this.tokens.list(caller)).map((token) => TokenResponse.from(token));
  }

  @Delete(':token_id')
  @ApiOperation({ summary: 'Revoke an API token, from the next request on' })
  @ApiParam({ name: 'token_id', type: Number, example: 1 })
  @ApiEnvelope(null, { errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async delete(@CurrentUser() caller: Caller, @Param('token_id', ParseIdPipe) tokenId: number): Promise<void> {
    await this.tokens.delete(caller, tokenId);
  }
}
