import { execFileSync } from 'node:child_process';
import { newCommandNonce, signCommand } from './command-signature.js';

const KEY = 'k'.repeat(43);
const command = { op: 'uninstall' as const, hostId: 12, runId: 7, nonce: 'ab'.repeat(16) };

describe('signCommand', () => {
  it('is what a host makes of it with sha256sum', () => {
    const script = `
      inner=$(printf %s "$KEY:uninstall 12 7 $NONCE" | sha256sum)
      printf %s "$KEY:\${inner%% *}" | sha256sum`;
    const printed = execFileSync('sh', ['-c', script], {
      env: { PATH: process.env.PATH, KEY, NONCE: command.nonce },
      encoding: 'utf8',
    });
    expect(signCommand(KEY, command)).toBe(printed.split(' ')[0]);
  });

  it('is another one for every other key, host, run and nonce', () => {
    const signatures = [
      signCommand(KEY, command),
      signCommand('j'.repeat(43), command),
      signCommand(KEY, { ...command, hostId: 13 }),
      signCommand(KEY, { ...command, runId: 8 }),
      signCommand(KEY, { ...command, nonce: newCommandNonce() }),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
    for (const signature of signatures) expect(signature).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('newCommandNonce', () => {
  it('is 32 hexadecimal digits, never the same twice', () => {
    expect(newCommandNonce()).toMatch(/^[0-9a-f]{32}$/);
    expect(newCommandNonce()).not.toBe(newCommandNonce());
  });
});
