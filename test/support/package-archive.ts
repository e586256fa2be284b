import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A package's manifest that is valid by default. */
export function aManifest(overrides: Record<string, string> = {}): string {
  const values = {
    ...{ name: 'probe', version: '1.0.0', os: 'linux', arch: 'x86_64' },
    ...{ start: 'bin/start', stop: 'bin/start', status: 'bin/start' },
    ...overrides,
  };
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** A package as a client uploads it: its manifest, a program, and `paddingBytes` that do not compress. */
export async function aPackageArchive(overrides: Record<string, string> = {}, paddingBytes = 0): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: 'manifest' }, aManifest(overrides));
  tar.entry({ name: 'bin/start', mode: 0o755 }, '#!/bin/sh\n');
  if (paddingBytes > 0) tar.entry({ name: 'padding' }, randomBytes(paddingBytes));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
