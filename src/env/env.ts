import type { z } from 'zod';
import { ENV_VARIABLES, variableName, type EnvName } from './env-schema.js';

type EnvValues = { readonly [K in EnvName]: z.output<(typeof ENV_VARIABLES)[K]['type']> };
const EnvBase = class {} as unknown as new () => EnvValues;

/** The process's environment, checked once and frozen. Only `env/` reads `process.env`. */
export class Env extends EnvBase {
  /** @internal Use `loadEnv`, or `aTestEnv` in tests. */
  constructor(values: EnvValues) {
    super();
    Object.assign(this, values);
    Object.freeze(this);
  }

  /** Where people reach the API; without a trailing slash. */
  get publicOrigin(): string {
    return (this.publicUrl ?? `http://${this.host}:${this.port}`).replace(/\/+$/, '');
  }
}

/** The environment does not make sense; the message names every bad variable. */
export class EnvError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nSee .env.example.`);
    this.name = 'EnvError';
  }
}

/**
 * Parses `source`; an empty value counts as absent.
 * @param required names that this process cannot do without
 * @throws EnvError naming every bad or missing variable
 */
export function parseEnv(source: NodeJS.ProcessEnv, required: readonly EnvName[] = []): Env {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(ENV_VARIABLES)) {
    const text = source[variableName(name)] || variable.default;
    const parsed = variable.type.safeParse(text ?? undefined);
    if (!parsed.success) {
      problems.push(`${variableName(name)}: ${parsed.error.issues.map((issue) => issue.message).join(', ')}`);
    } else if (parsed.data === undefined && required.includes(name as EnvName)) {
      problems.push(`${variableName(name)}: is required by this process`);
    } else {
      values[name] = parsed.data;
    }
  }
  if (problems.length > 0) throw new EnvError(problems);
  return new Env(values as EnvValues);
}

/** The text of `.env.example`. */
export function describeEnv(): string {
  const entries = Object.entries(ENV_VARIABLES).map(
    ([name, { default: fallback, about }]) =>
      `# ${about}\n${fallback === null ? '# ' : ''}${variableName(name)}=${fallback ?? ''}\n`,
  );
  return `# Configuration of nodeman: every variable with its default. Lines that are commented out have none.\n\n${entries.join('\n')}`;
}
