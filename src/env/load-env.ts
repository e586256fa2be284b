import { Env, EnvError, parseEnv } from './env.js';
import type { EnvName } from './env-schema.js';
import { resolveSecretKey } from './secret-key.js';

/**
 * The environment of this process with its secret key.
 * @throws EnvError naming every bad or missing variable
 */
export function loadEnv(required: readonly EnvName[] = [], source: NodeJS.ProcessEnv = process.env): Env {
  const env = parseEnv(source, required);
  return new Env({ ...env, secretKey: resolveSecretKey(env.secretKey, env.dataDir) });
}

/** As `loadEnv`, for a process's first line: a bad environment is printed and ends the process with status 78 (EX_CONFIG). */
export function loadEnvOrExit(required: readonly EnvName[] = []): Env {
  try {
    return loadEnv(required);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}
