import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { setUpApp } from './app.setup.js';
import { PinoLogger } from './common/logging/pino-logger.js';
import { loadEnvOrExit } from './env/load-env.js';

const env = loadEnvOrExit(['databaseUrl', 'redisUrl']);
const logger = new PinoLogger(env.logLevel, 'api');
const app = await NestFactory.create<NestExpressApplication>(AppModule.of(env), {
  logger,
  bodyParser: false,
  forceCloseConnections: false,
});
await setUpApp(app);
await app.listen(env.port, env.host);
logger.log(`listening on ${await app.getUrl()}`, 'Main');
