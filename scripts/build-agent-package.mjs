// Builds what the server hands to targets: dist/packages/*.tgz and dist/agent/. The same sources give the same bytes.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { agentScript, writeAgentScript } from './build-agent-script.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCE = join(ROOT, 'agent', 'nodeman-agent');
const PLATFORMS = [
  ['linux', 'x86_64'],
  ['linux', 'aarch64'],
  ['cygwin', 'x86_64'],
  ['aix', 'ppc'],
];
/** The remote script with a task, so that there is one source for what an uninstallation is. */
const UNINSTALL = 'lib/uninstall.sh';
/** Byte 9 of a gzip header names the system that wrote it; 255 is "unknown". */
const GZIP_OS_BYTE = 9;

/**
 * Packs our own agent for one platform. `edit` may replace a file's text before it is packed (tests do).
 * @returns {Promise<{file: string, bytes: Buffer}>}
 */
export async function packAgent(arch, edit = (_path, text) => text, os = 'linux') {
  const manifest = edit('manifest', forPlatform(await readFile(join(SOURCE, 'manifest'), 'utf8'), os, arch));
  const pack = tar.pack();
  pack.entry(header('manifest'), manifest);
  for (const path of await filesBelow(SOURCE)) {
    if (path === 'manifest') continue;
    pack.entry(header(path), edit(path, await readFile(join(SOURCE, path), 'utf8')));
  }
  pack.entry(header(UNINSTALL), edit(UNINSTALL, await uninstallScript()));
  pack.finalize();
  const chunks = [];
  for await (const chunk of pack) chunks.push(chunk);
  const bytes = gzipSync(Buffer.concat(chunks), { level: 9 });
  bytes[GZIP_OS_BYTE] = 255;
  return { file: `nodeman-agent-${valueOf(manifest, 'version')}-${os}-${arch}.tgz`, bytes };
}

function forPlatform(manifest, os, arch) {
  return manifest.replace(/^os=.*$/m, `os=${os}`).replace(/^arch=.*$/m, `arch=${arch}`);
}

/** It lies below the agent's own folder wherever it is run from. */
async function uninstallScript() {
  return `NODEMAN_ROOT=\${0%/opt/nodeman/*}\ntask=uninstall\n${await agentScript()}`;
}

function valueOf(manifest, key) {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(manifest)?.[1] ?? 'unknown';
}

/** Owner, time and mode come from here, never from the checkout. */
function header(name) {
  const mode = name.startsWith('bin/') ? 0o755 : 0o644;
  return { name, mode, mtime: new Date(0), uid: 0, gid: 0, uname: 'root', gname: 'root' };
}

async function filesBelow(dir, under = '') {
  const entries = (await readdir(join(dir, under), { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = await Promise.all(
    entries.map((entry) => {
      const path = under === '' ? entry.name : `${under}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(dir, path) : [path];
    }),
  );
  return files.flat();
}

async function build() {
  const packages = join(ROOT, 'dist', 'packages');
  await mkdir(packages, { recursive: true });
  for (const [os, arch] of PLATFORMS) {
    const { file, bytes } = await packAgent(arch, undefined, os);
    await writeFile(join(packages, file), bytes);
  }
  await writeAgentScript();
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await build();
