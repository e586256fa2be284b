/** Runs once before the integration and e2e tests: starts their services and tells the tests where they are. */
import 'reflect-metadata';
import './register-ts.mjs';

export default async function setUp() {
  const { startTestServices } = await import('./test-services.ts');
  const services = await startTestServices();
  process.env.TEST_DATABASE_URL = services.databaseUrl;
  process.env.TEST_REDIS_URL = services.redisUrl;
  globalThis.nodemanTestServices = services;
}
