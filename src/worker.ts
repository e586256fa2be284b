import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { PinoLogger } from './common/logging/pino-logger.js';
import { loadEnvOrExit } from './env/load-env.js';
import { WorkerModule } from './worker.module.js';

const env = loadEnvOrExit(['databaseUrl', 'redisUrl']);
const logger = new PinoLogger(env.logLevel, 'worker');
const app = await NestFactory.create<NestExpressApplication>(WorkerModule.of(env), { logger, bodyParser: false });
app.disable('x-powered-by');
// Being asked to end and doing so is a success: exit code 0, not death by the signal.
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(env.workerPort, env.host);
logger.log(`at work; health and metrics on ${await app.getUrl()}`, 'Main');
