import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { BusinessId } from '../auth/business-id.decorator.js';
import { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import type { HostKey } from '../ssh/host-key.entity.js';
import { HostPinsService } from './host-pins.service.js';

/** The SSH key that a host is held to, as `ssh-keyscan` would show it. */
export class HostKeyResponse {
  @ApiProperty({ example: '0' }) bk_cloud_id!: string;
  @ApiProperty({ example: '127.0.77.1' }) address!: string;
  @ApiProperty({ example: 22 }) port!: number;
  @ApiProperty({ example: 'ssh-ed25519' }) key_type!: string;
  @ApiProperty({ example: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU' }) fingerprint!: string;
  @ApiProperty({ description: 'The key itself, in base64' }) public_key!: string;
  @ApiProperty({ format: 'date-time' }) first_seen_time!: string;

  static from(key: HostKey): HostKeyResponse {
    return {
      bk_cloud_id: String(key.cloudId),
      address: key.address,
      port: key.port,
      key_type: key.keyType,
      fingerprint: key.fingerprint,
      public_key: key.publicKey,
      first_seen_time: key.firstSeenAt.toISOString(),
    };
  }
}

export class ForgottenKeysResponse {
  @ApiProperty({ example: 1, description: 'How many keys were pinned' }) forgotten!: number;
}

@ApiTags('hosts')
@Controller(':bk_biz_id/hosts/:host_id/host_keys')
export class HostKeysController {
  constructor(private readonly pins: HostPinsService) {}

  @Get()
  @ApiOperation({ summary: 'The SSH keys that this host showed first, and must show ever after' })
  @ApiParam({ name: 'host_id', type: Number, example: 1 })
  @ApiEnvelope([HostKeyResponse], { errors: ['OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async list(
    @BusinessId() businessId: number,
    @Param('host_id', ParseIdPipe) hostId: number,
  ): Promise<HostKeyResponse[]> {
    return (await this.pins.list(businessId, hostId)).map((key) => HostKeyResponse.from(key));
  }

  @Delete()
  @ApiOperation({
    summary: 'Accepts that the SSH key of a host has changed',
    description:
      'Forgets the pinned keys; the next connection pins what the host shows then. Make sure that the change is meant.',
  })
  @ApiParam({ name: 'host_id', type: Number, example: 1 })
  @ApiEnvelope(ForgottenKeysResponse, { errors: ['OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async forget(
    @BusinessId() businessId: number,
    @Param('host_id', ParseIdPipe) hostId: number,
    @CurrentUser() caller: Caller,
  ): Promise<ForgottenKeysResponse> {
    return { forgotten: await this.pins.forget(businessId, hostId, caller.username) };
  }
}
