import { readFile } from 'node:fs/promises';
import { packAgent } from '../../scripts/build-agent-package.mjs';
import type { Installation } from '../support/installation.js';

const NEWER = '9.0.0';
const ARCHES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Uploads the agent that we ship once more, as a newer version. @returns both versions */
export async function offerTwoVersions(installation: Installation): Promise<string[]> {
  const asNewer = (path: string, text: string): string =>
    path === 'manifest' ? text.replace(/^version=.*$/m, `version=${NEWER}`) : text;
  const { file, bytes } = await packAgent(ARCHES[process.arch] ?? process.arch, asNewer);
  const { token } = await installation.must('POST', '/api/auth/tokens/', { name: 'uploads a package' });
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(bytes)]), file);
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${installation.api.url}/api/packages/`, { method: 'POST', body: form, headers });
  if (answer.status !== 200) throw new Error(`the package is not taken: ${await answer.text()}`);
  const manifest = await readFile(new URL('../../agent/nodeman-agent/manifest', import.meta.url), 'utf8');
  return [/^version=(.*)$/m.exec(manifest)![1]!, NEWER];
}
