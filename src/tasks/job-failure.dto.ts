import { ApiProperty } from '@nestjs/swagger';
import type { Locale } from '../common/i18n/text.js';
import { ERR_CODES } from '../common/vocabulary/err-codes.js';
import type { JobFailure } from './job-failures.service.js';

/** One reason why hosts of a job failed, and which hosts those are. */
export class JobFailureResponse {
  @ApiProperty({ example: '磁盘空间不足', description: 'Why, for people' }) cause!: string;
  @ApiProperty({ enum: Object.keys(ERR_CODES), example: 'INSTALL_FAILED' }) err_code!: string;
  @ApiProperty({ example: 2, description: 'How many hosts' }) count!: number;
  @ApiProperty({ type: [Number], example: [12, 15], description: 'All of them, ascending' }) host_ids!: number[];
  @ApiProperty({
    example: 'tar -xzf …，退出码 2，输出：No space left on device',
    description: 'What was seen on the first of these hosts; empty when there is nothing to show',
  })
  evidence!: string;
  @ApiProperty({
    example: '清理磁盘后重试',
    description: 'What to do, for people; what differs between several hosts stays a pattern such as `{host_id}`',
  })
  remedy!: string;

  static from({ errCode, hostIds, cause, evidence, remedy }: JobFailure, locale: Locale): JobFailureResponse {
    return {
      cause: cause.in(locale),
      err_code: errCode,
      count: hostIds.length,
      host_ids: hostIds,
      evidence: evidence.in(locale),
      remedy: remedy.in(locale),
    };
  }
}
