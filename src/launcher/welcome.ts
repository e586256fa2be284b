import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '../env/env.js';
import type { Launched } from './launcher.js';

/** The demo's administrator, when it made one; mode 0600. */
export function demoPasswordFile(dataDir: string): string {
  return join(dataDir, 'demo-admin-password');
}

/** What runs where, for people: a line each. */
export function describeServices({ services }: Launched, dataDir: string): string[] {
  const warnings = services.flatMap(({ warning }) => (warning ? ['', `!! ${warning}`, ''] : []));
  return [...services.map(({ description }) => `  ${description}`), `  data in ${dataDir}`, ...warnings];
}

/** How to get in, without showing a secret again. */
export function describeLogin(env: Env, dataDir: string): string {
  const file = demoPasswordFile(dataDir);
  if (env.adminPassword) return `${env.adminUsername}, with ADMIN_PASSWORD if that was set at the first start`;
  if (existsSync(file)) return `${env.adminUsername}, with the password in ${file}`;
  return `${env.adminUsername}, with the password that was printed at the first start`;
}
