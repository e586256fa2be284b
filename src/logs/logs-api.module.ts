import { Module } from '@nestjs/common';
import { LogStreams } from './log-streams.js';
import { LogsController } from './logs.controller.js';
import { LogsService } from './logs.service.js';

/** Reading the logs of runs over HTTP: for the API process only. */
@Module({ controllers: [LogsController], providers: [LogsService, LogStreams] })
export class LogsApiModule {}
