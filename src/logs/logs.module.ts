import { Module } from '@nestjs/common';
import { RunLogWriter } from './run-log-writer.js';

/** Writing the logs of runs, without HTTP: what a worker needs. */
@Module({ providers: [RunLogWriter], exports: [RunLogWriter] })
export class LogsModule {}
