/** The folders in which commands are looked up, in order. */
export function searchPath(): string[] {
  return (process.env.PATH ?? '').split(':').filter(Boolean);
}

/** What a child process inherits from this one, with `changes`; undefined takes a variable away. */
export function childEnv(changes: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}
