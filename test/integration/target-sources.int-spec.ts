import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packAgent } from '../../scripts/build-agent-package.mjs';
import { agentBootstrap, agentScript } from '../../scripts/build-agent-script.mjs';
import { sha256 } from '../support/target-shell.js';

const AGENT = join(process.cwd(), 'agent/nodeman-agent');

/** @returns everything it finds fault with; rejects unless it ends with code 0 */
async function shellcheck(args: readonly string[], input = ''): Promise<string> {
  const checking = promisify(execFile)('shellcheck', ['-s', 'sh', ...args]);
  checking.child.stdin?.end(input);
  const { stdout, stderr } = await checking;
  return stdout + stderr;
}

describe('the sources', () => {
  it.concurrent('of the script are clean for shellcheck', async () => {
    const whole = (await agentScript({ compact: false })).replaceAll('# shellcheck shell=sh\n', '');
    expect(await shellcheck(['-'], whole)).toBe('');
  });

  it.concurrent('of the agent are clean for shellcheck', async () => {
    const programs = readdirSync(join(AGENT, 'bin')).map((name) => join(AGENT, 'bin', name));
    expect(await shellcheck(['-P', AGENT, '-x', ...programs])).toBe('');
  });

  it.concurrent('of the bootstrap are clean for shellcheck', async () => {
    expect(await shellcheck([join(process.cwd(), 'agent/bootstrap.sh')])).toBe('');
  });

  it('has a bootstrap that survives every login shell', async () => {
    expect(await agentBootstrap()).not.toMatch(/['\n!\\]/);
  });

  it('fit into one string of the environment, which Linux keeps below 128 KiB', async () => {
    expect(Buffer.byteLength(await agentScript())).toBeLessThan(96 * 1024);
  });

  it('make the same package every time', async () => {
    const [first, second] = [await packAgent('aarch64'), await packAgent('aarch64')];
    expect(first.file).toBe('nodeman-agent-1.1.0-linux-aarch64.tgz');
    expect(sha256(first.bytes)).toBe(sha256(second.bytes));
  });
});
