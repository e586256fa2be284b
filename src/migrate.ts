import 'reflect-metadata';
import { migrate } from './data-source.js';
import { loadEnvOrExit } from './env/load-env.js';

const env = loadEnvOrExit(['databaseUrl']);
const done = await migrate(env.databaseUrl!);
process.stdout.write(done.length > 0 ? `migrated: ${done.join(', ')}\n` : 'the database is up to date\n');
