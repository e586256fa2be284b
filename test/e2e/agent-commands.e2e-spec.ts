import { AgentCommandKeys } from '../../src/agents/agent-command-keys.service.js';
import { AgentCommand } from '../../src/agents/agent-command.entity.js';
import { AgentCommands } from '../../src/agents/agent-commands.service.js';
import { AgentTokensService } from '../../src/agents/agent-tokens.service.js';
import { signCommand } from '../../src/agents/command-signature.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aHost, aJob, anAgent, aRun } from '../support/factories.js';

let api: TestApi;
let commands: AgentCommands;
let keys: AgentCommandKeys;

beforeAll(async () => {
  api = await startApi();
  commands = api.app.get(AgentCommands, { strict: false });
  keys = api.app.get(AgentCommandKeys, { strict: false });
});
afterAll(() => api.close());

const signal = (): AbortSignal => AbortSignal.timeout(9_000);
const rowOf = (runId: number) => api.dataSource.manager.findOneByOrFail(AgentCommand, { runId });
const change = (run: JobHost, values: Partial<JobHost>) =>
  api.dataSource.manager.update('job_hosts', { id: run.id }, values);

async function report(token: string, overrides: Record<string, unknown> = {}) {
  const words = { name: 'nodeman-agent', version: '1.1.0', state: 'running', processes: [] };
  const { body } = await api.anonymous.post('/api/agent/heartbeat', { token, ...words, ...overrides });
  return body as { code: string; data: { command?: Record<string, unknown> } | null; messages?: unknown };
}

/** A host whose agent has a key, and a run at work that is to uninstall it. */
async function aRunThroughAgent() {
  const host = await aHost(api.dataSource);
  const token = await anAgent(api.dataSource, host.id);
  const key = await keys.forHost(host.id);
  const job = await aJob(api.dataSource, { opType: 'UNINSTALL' });
  const run = await aRun(api.dataSource, job, host, { opType: 'UNINSTALL', status: 'RUNNING' });
  return { host, token, key, run };
}

describe('the key of an agent', () => {
  it('is made once, however many want it at the same time, and is stored sealed', async () => {
    const host = await aHost(api.dataSource);
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => keys.forHost(host.id)));
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(new Set(others)).toEqual(new Set([first]));
    const [row] = await api.dataSource.query('SELECT * FROM agents WHERE host_id = $1', [host.id]);
    expect(row.command_key.includes(first)).toBe(false);
    expect(JSON.stringify(row)).not.toContain(first);
  });

  it('is replaced when it cannot be opened, and gone when the agent is forgotten', async () => {
    const host = await aHost(api.dataSource);
    const key = await keys.forHost(host.id);
    await api.dataSource.query(`UPDATE agents SET command_key_id = 'other' WHERE host_id = $1`, [host.id]);
    expect(await keys.find(host.id)).toBeNull();
    const other = await keys.forHost(host.id);
    expect(other).not.toBe(key);
    expect(await keys.find(host.id)).toBe(other);
    await api.app.get(AgentTokensService, { strict: false }).revoke(api.dataSource.manager, host.id);
    expect(await keys.find(host.id)).toBeNull();
  });
});

describe('a command', () => {
  it('goes out with every answer to its host until that tells how it ended', async () => {
    const { host, token, key, run } = await aRunThroughAgent();
    const bystander = await anAgent(api.dataSource, (await aHost(api.dataSource)).id);
    expect((await report(token)).data).not.toHaveProperty('command');
    expect(await commands.issue({ id: run.id, hostId: host.id })).toBe(true);
    const { nonce } = await rowOf(run.id);
    await commands.issue({ id: run.id, hostId: host.id });
    expect((await rowOf(run.id)).nonce).toBe(nonce);

    const taken = commands.taken({ id: run.id, hostId: host.id }, signal());
    const signature = signCommand(key, { op: 'uninstall', hostId: host.id, runId: run.id, nonce });
    const expected = { id: run.id, op: 'uninstall', nonce, signature };
    expect((await report(token)).data!.command).toEqual(expected);
    const takenAt = await taken;
    expect((await report(token)).data!.command).toEqual(expected);
    expect((await rowOf(run.id)).takenAt).toEqual(takenAt);
    expect((await report(bystander)).data).not.toHaveProperty('command');

    const ended = commands.ended({ id: run.id, hostId: host.id }, signal());
    const command_result = { id: run.id, code: 0, text: 'uninstall done' };
    expect((await report(token, { state: 'stopping', command_result })).data).not.toHaveProperty('command');
    expect(await ended).toEqual({ exitCode: 0, output: 'uninstall done' });
    expect((await report(token)).data).not.toHaveProperty('command');
  });

  it('ends once, and only by the word of its own host', async () => {
    const { host, token, run } = await aRunThroughAgent();
    await commands.issue({ id: run.id, hostId: host.id });
    const stranger = await anAgent(api.dataSource, (await aHost(api.dataSource)).id);
    expect((await report(stranger, { command_result: { id: run.id, code: 0 } })).code).toBe('OK');
    expect((await rowOf(run.id)).endedAt).toBeNull();
    await report(token, { command_result: { id: run.id, code: 1, text: 'no' } });
    await report(token, { command_result: { id: run.id, code: 0 } });
    expect(await commands.findResult(run.id)).toEqual({ exitCode: 1, output: 'no' });
  });

  it.each([
    ['has ended', { status: 'FAILED' as const }],
    ['is to be stopped', { cancelRequestedAt: new Date() }],
  ])('does not go out when its run %s', async (_why, values) => {
    const { host, token, run } = await aRunThroughAgent();
    await commands.issue({ id: run.id, hostId: host.id });
    await change(run, values);
    expect((await report(token)).data).not.toHaveProperty('command');
    expect(await commands.withdraw(run.id)).toBe(false);
  });

  it('does not go out once it is withdrawn, which tells whether it was out before', async () => {
    const { host, token, run } = await aRunThroughAgent();
    await commands.issue({ id: run.id, hostId: host.id });
    await report(token);
    expect(await commands.withdraw(run.id)).toBe(true);
    expect((await report(token)).data).not.toHaveProperty('command');
    expect(await commands.findResult(run.id)).toBeNull();
    expect(await commands.withdraw(run.id)).toBe(true);
  });

  it('is not issued to an agent that was never given a key', async () => {
    const host = await aHost(api.dataSource);
    await anAgent(api.dataSource, host.id);
    expect(await commands.issue({ id: 1, hostId: host.id })).toBe(false);
  });

  it.each([
    ['no id', { code: 0 }],
    ['an id that is none', { id: '7', code: 0 }],
    ['an exit code that is none', { id: 7, code: 256 }],
    ['control characters', { id: 7, code: 0, text: 'a\u001b[31m' }],
    ['a second line', { id: 7, code: 0, text: 'a\n' }],
    ['other than ASCII', { id: 7, code: 0, text: '完成' }],
    ['too long a text', { id: 7, code: 0, text: 'x'.repeat(501) }],
    ['a list', [{ id: 7, code: 0 }]],
  ])('has no result with %s', async (_what, command_result) => {
    const token = await anAgent(api.dataSource, (await aHost(api.dataSource)).id);
    expect((await report(token, { command_result })).code).toBe('VALIDATE_ERROR');
  });
});
