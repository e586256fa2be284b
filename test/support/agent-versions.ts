import { Readable } from 'node:stream';
import { packAgent } from '../../scripts/build-agent-package.mjs';
import { PackageStore } from '../../src/packages/package-store.js';
import { PackagesService } from '../../src/packages/packages.service.js';
import type { Engine } from './engine.js';

/** What the agent's loop would do; in its place it sleeps, so that the agent runs, and no report ever leaves. */
const MUTED = { path: 'bin/agent', from: /^loop\(\) \{$/m, to: 'loop() {\n  while :; do sleep 1; done' };

/** Gives the server another version of our agent. @param isMute its agent comes up, and never reports */
export async function anAgentVersion(engine: Engine, version: string, { isMute = false } = {}): Promise<void> {
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const { bytes } = await packAgent(arch, (path: string, text: string) => {
    if (path === 'manifest') return text.replace(/^version=.*$/m, `version=${version}`);
    if (!isMute || path !== MUTED.path) return text;
    if (!MUTED.from.test(text)) throw new Error('The loop of the agent is not where it was');
    return text.replace(MUTED.from, MUTED.to);
  });
  const store = engine.server.get(PackageStore, { strict: false });
  await engine.server.get(PackagesService, { strict: false }).add(await store.receive(Readable.from([bytes])), 'ann');
}
