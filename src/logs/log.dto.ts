import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { type Locale, Text } from '../common/i18n/text.js';
import { parseId } from '../common/validation/ids.js';
import { ToText } from '../common/validation/transforms.js';
import { ERR_CODES, errCodeText } from '../common/vocabulary/err-codes.js';
import { STEPS, stepText } from '../common/vocabulary/steps.js';
import { RUN_STATUSES } from '../tasks/task.enums.js';
import { harmless } from './harmless.js';
import type { LogLine, LogOfRun, RunState } from './logs.service.js';

/** Which of a host's logs is wanted. */
export class LogQuery {
  @ApiProperty({ required: false, type: String, description: 'An earlier job; without it the last one', example: '' })
  @IsOptional()
  @ToText()
  @Matches(/^\d{1,20}$/)
  job_id?: string;
}

/** Null: the last job. A number that is too large for an id is the id of no job. */
export function jobIdFrom({ job_id }: LogQuery): number | null {
  return job_id === undefined || job_id === null ? null : (parseId(job_id) ?? 0);
}

/** A line as people read it: `[time] [STEP] text`. Cleaned here too, since not every line came by `RunLogWriter`. */
export function lineText({ at, step, en, zh }: LogLine, locale: Locale): string {
  return `[${at.toISOString()}] [${step}] ${harmless(locale === 'en' ? en : (zh ?? en))}`;
}

/** How a run stands. */
export class RunStateResponse {
  @ApiProperty({ enum: RUN_STATUSES, example: 'SUCCESS' }) status!: string;
  @ApiProperty({ enum: Object.keys(ERR_CODES), example: 'SUCCESS' }) err_code!: string;
  @ApiProperty({ example: '成功', description: 'What happened and what to do next, for people' })
  err_code_desc!: string;
  @ApiProperty({ enum: Object.keys(STEPS), example: 'OVER_SUCCESS' }) step!: string;
  @ApiProperty({ example: '安装成功' }) step_desc!: string;

  static of({ status, errCode, errDesc, step }: RunState, locale: Locale): RunStateResponse {
    return {
      status,
      err_code: errCode,
      err_code_desc: (Text.fromJson(errDesc) ?? errCodeText(errCode)).in(locale),
      step,
      step_desc: stepText(step).in(locale),
    };
  }
}

/** A host's part in a job, with everything that was logged of it. */
export class LogResponse extends RunStateResponse {
  @ApiProperty({ example: 14 }) job_id!: number;

  @ApiProperty({
    example: '[2024-05-01T08:00:00.000Z] [SSH_LOGIN] …\r\n[2024-05-01T08:00:01.000Z] [INSTALL_DEP] …',
    description: 'Lines joined by \\r\\n, each `[time] [STEP] text`',
  })
  logs!: string;

  static from({ state, lines }: LogOfRun, locale: Locale): LogResponse {
    return {
      job_id: state.jobId,
      ...RunStateResponse.of(state, locale),
      logs: lines.map((line) => lineText(line, locale)).join('\r\n'),
    };
  }
}
