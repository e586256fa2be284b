import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const AGENT_DIR = join(dirname(fileURLToPath(import.meta.url)), '..', 'agent');
/** `embed <file below agent/>` in a part. */
const EMBED = /^ *embed (\S+)$/gm;
const DIST_DIR = join(AGENT_DIR, '..', 'dist', 'agent');

/**
 * The remote script: the parts of agent/lib in the order of their names.
 * Compact, it has no comment lines, blank lines and indentation: its text travels over every session. No part holds a
 * here-document or a string of several lines, so a line means the same without its margin. Only then does it run: else
 * `embed` lines stand as they are in the parts.
 */
export async function agentScript({ compact = true } = {}) {
  const names = (await readdir(join(AGENT_DIR, 'lib'))).filter((name) => name.endsWith('.sh')).sort();
  const parts = await Promise.all(names.map((name) => readFile(join(AGENT_DIR, 'lib', name), 'utf8')));
  const whole = parts.join('\n');
  return compact ? withoutMargins(await withEmbedded(whole)) : whole;
}

/** The one line that the installer executes, without its newline; `@NONCE@` stands where the nonce goes. */
export async function agentBootstrap() {
  return (await readFile(join(AGENT_DIR, 'bootstrap.sh'), 'utf8')).trim();
}

/** Writes dist/agent/install.sh and dist/agent/bootstrap.sh. */
export async function writeAgentScript() {
  await mkdir(DIST_DIR, { recursive: true });
  await writeFile(join(DIST_DIR, 'install.sh'), await agentScript());
  await writeFile(join(DIST_DIR, 'bootstrap.sh'), `${await agentBootstrap()}\n`);
}

/** Where a part says `embed <file>`, commands stand that print the file: nobody has to quote a program by hand. */
async function withEmbedded(text) {
  const files = [...new Set([...text.matchAll(EMBED)].map(([, file]) => file))];
  const texts = await Promise.all(files.map((file) => readFile(join(AGENT_DIR, file), 'utf8')));
  const printed = new Map(files.map((file, index) => [file, printing(texts[index])]));
  return text.replace(EMBED, (_line, file) => printed.get(file));
}

function printing(text) {
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
  const lines = `${shebang}${withoutMargins(text)}`.trim().split('\n');
  return lines.map((line) => `emit '${line.replaceAll("'", "'\\''")}'`).join('\n');
}

function withoutMargins(text) {
  const lines = text.split('\n').map((line) => line.trim());
  return `${lines.filter((line) => line !== '' && !line.startsWith('#')).join('\n')}\n`;
}
