/**
 * One argument for a POSIX shell, safe whatever it holds: line feeds, quotes, dollars, leading dashes stay as they are.
 * (A leading dash is still an option to the command that gets it; put `--` before.)
 * @throws Error when the argument holds a NUL, which no argument can
 */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw new Error('A shell argument cannot hold a NUL');
  if (/^[A-Za-z0-9_./:@,-]+$/.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
