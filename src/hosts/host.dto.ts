import { ApiProperty } from '@nestjs/swagger';
import { type Locale, Text } from '../common/i18n/text.js';
import { errCodeText } from '../common/vocabulary/err-codes.js';
import { stepText } from '../common/vocabulary/steps.js';
import type { HostRow } from './host-row.js';
import { AUTH_TYPES, NODE_TYPES, OS_TYPES } from './host.enums.js';
import { StatusResponse } from './status.dto.js';

/** How the last job other than UPDATE_AUTHINFO went; all empty when there was none. */
export class JobResultResponse {
  @ApiProperty({ example: '14', description: "Id of the job; '' when the host has had none" }) job_id!: string;
  @ApiProperty({ enum: ['', 'QUEUE', 'RUNNING', 'SUCCESS', 'FAILED'], example: 'SUCCESS' }) status!: string;
  @ApiProperty({ example: 'SUCCESS' }) err_code!: string;
  @ApiProperty({ example: '成功', description: 'What happened, for people' }) err_code_desc!: string;
  @ApiProperty({ example: 'SUCCESS', description: 'The same as `err_code`' }) code!: string;
  @ApiProperty({ example: 'OVER_SUCCESS' }) step!: string;
  @ApiProperty({ example: '安装成功' }) step_desc!: string;

  static from(row: HostRow, locale: Locale): JobResultResponse {
    const said = Text.fromJson(row.job_err_desc) ?? errCodeText(row.job_err_code);
    return {
      job_id: row.job_id === null ? '' : String(row.job_id),
      status: row.job_status,
      err_code: row.job_err_code,
      err_code_desc: said.in(locale),
      code: row.job_err_code,
      step: row.job_step,
      step_desc: stepText(row.job_step).in(locale),
    };
  }
}

/** A host as lists show it. Credentials are never shown, only that there are some. */
export class HostResponse {
  @ApiProperty({ example: 12 }) id!: number;
  @ApiProperty({ example: '1' }) bk_biz_id!: string;
  @ApiProperty({ example: '0' }) bk_cloud_id!: string;
  @ApiProperty({ example: '直连区域' }) bk_cloud_name!: string;
  @ApiProperty({ example: '127.0.77.1' }) inner_ip!: string;
  @ApiProperty({ type: String, nullable: true, example: null }) outer_ip!: string | null;
  @ApiProperty({ enum: NODE_TYPES, example: 'AGENT' }) node_type!: string;
  @ApiProperty({ enum: OS_TYPES, example: 'LINUX' }) os_type!: string;
  @ApiProperty({ example: 'root' }) account!: string;
  @ApiProperty({ example: 22 }) port!: number;
  @ApiProperty({ enum: AUTH_TYPES, example: 'PASSWORD' }) auth_type!: string;
  @ApiProperty({ example: false }) has_cygwin!: boolean;
  @ApiProperty({ example: false, description: 'Only looked at by PRECHECK so far: not managed yet' })
  is_candidate!: boolean;
  @ApiProperty({ enum: [''], example: '', description: 'Always empty' }) password!: '';
  @ApiProperty({ enum: [''], example: '', description: 'Always empty' }) key!: '';
  @ApiProperty({ example: true, description: 'Whether a password or key is still stored' }) has_credential!: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it is wiped' })
  credential_expires_at!: string | null;
  @ApiProperty({ format: 'date-time' }) update_time!: string;
  @ApiProperty({ format: 'date-time' }) created_time!: string;
  @ApiProperty({ type: [StatusResponse], description: 'The agent first, then its plugins by name' })
  status!: StatusResponse[];
  @ApiProperty({ type: JobResultResponse }) job_result!: JobResultResponse;

  static from(row: HostRow, locale: Locale): HostResponse {
    return {
      id: row.id,
      bk_biz_id: String(row.business_id),
      bk_cloud_id: String(row.cloud_id),
      bk_cloud_name: row.cloud_name,
      inner_ip: row.inner_ip,
      outer_ip: row.outer_ip,
      node_type: row.node_type,
      os_type: row.os_type,
      account: row.account,
      port: row.port,
      auth_type: row.auth_type,
      has_cygwin: row.has_cygwin,
      is_candidate: row.is_candidate,
      password: '',
      key: '',
      has_credential: row.credential_expires_at !== null,
      credential_expires_at: row.credential_expires_at?.toISOString() ?? null,
      update_time: row.updated_at.toISOString(),
      created_time: row.created_at.toISOString(),
      status: StatusResponse.listFrom(row),
      job_result: JobResultResponse.from(row, locale),
    };
  }
}

/** A host that has left the list, and can come back for a while. */
export class RemovedHostResponse extends HostResponse {
  @ApiProperty({ format: 'date-time' }) removed_time!: string;
  @ApiProperty({ format: 'date-time', description: 'When it is forgotten for good' }) restorable_until!: string;

  /** @param keptForMs how long removed hosts are kept */
  static fromRemoved(row: HostRow, locale: Locale, keptForMs: number): RemovedHostResponse {
    const removedAt = row.removed_at!;
    return {
      ...HostResponse.from(row, locale),
      removed_time: removedAt.toISOString(),
      restorable_until: new Date(removedAt.getTime() + keptForMs).toISOString(),
    };
  }
}
