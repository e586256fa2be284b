import { jest } from '@jest/globals';
import { FatalError, TooManyRequestsError } from '../common/errors/app-error.js';
import type { RedisService } from '../common/redis/redis.service.js';
import { HeartbeatFolder } from './heartbeat-folder.js';
import type { HeartbeatWriter, Report, Reporter } from './heartbeat-writer.js';
import { UnknownAgentError } from './unknown-agent.error.js';

/** Writes when it is told to. */
class FakeWriter {
  readonly batches: { reports: readonly Report[]; accept(news?: boolean): void; fail(error: Error): void }[] = [];

  write(reports: readonly Report[]): Promise<Reporter[]> {
    return new Promise((resolve, reject) => {
      const known = reports.filter(({ tokenHash }) => tokenHash !== 'unknown');
      const accept = (isNews = false) =>
        resolve(
          known.map(({ hostId, tokenHash }) => ({
            hostId,
            tokenHash,
            businessId: 1,
            cloudId: 0,
            nodeType: 'AGENT',
            command: null,
            isNews,
          })),
        );
      this.batches.push({ reports, accept, fail: reject });
    });
  }
}

function aReport(hostId: number, overrides: Partial<Report> = {}): Report {
  const report = { name: 'nodeman-agent', version: '1.0.0', isStopping: false, processes: [], commandResult: null };
  return { hostId, tokenHash: `hash ${hostId}`, ...report, ...overrides };
}

describe('HeartbeatFolder', () => {
  let writer: FakeWriter;
  let folder: HeartbeatFolder;
  let published: [string, string][];

  beforeEach(() => {
    jest.useFakeTimers();
    writer = new FakeWriter();
    published = [];
    const redis = { publish: (...message: [string, string]) => Promise.resolve(published.push(message) > 0) };
    folder = new HeartbeatFolder(writer as unknown as HeartbeatWriter, redis as unknown as RedisService);
  });
  afterEach(() => jest.useRealTimers());

  const submitMany = (count: number) => Array.from({ length: count }, (_, index) => folder.submit(aReport(index + 1)));

  it('writes together what comes within a moment, and answers when it is written', async () => {
    const answers = submitMany(3);
    expect(writer.batches).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(200);
    expect(writer.batches.map(({ reports }) => reports.length)).toEqual([3]);
    writer.batches[0]!.accept();
    expect((await Promise.all(answers)).map(({ hostId }) => hostId)).toEqual([1, 2, 3]);
  });

  it('does not wait when a thousand have come', () => {
    void submitMany(1_000);
    expect(writer.batches.map(({ reports }) => reports.length)).toEqual([1_000]);
  });

  it('writes two batches at a time and gathers the rest', async () => {
    void submitMany(4_500);
    await jest.advanceTimersByTimeAsync(200);
    expect(writer.batches).toHaveLength(2);
    writer.batches[0]!.accept();
    await jest.advanceTimersByTimeAsync(0);
    expect(writer.batches.map(({ reports }) => reports.length)).toEqual([1_000, 1_000, 1_000]);
  });

  it('refuses only the reports whose tokens are not good', async () => {
    const good = folder.submit(aReport(1));
    const bad = folder.submit(aReport(2, { tokenHash: 'unknown' }));
    const refused = expect(bad).rejects.toThrow(UnknownAgentError);
    await jest.advanceTimersByTimeAsync(200);
    writer.batches[0]!.accept();
    await refused;
    await expect(good).resolves.toMatchObject({ hostId: 1 });
  });

  it('writes the last of several reports with one token, and answers them all', async () => {
    const answers = [folder.submit(aReport(1)), folder.submit(aReport(1, { isStopping: true }))];
    await jest.advanceTimersByTimeAsync(200);
    expect(writer.batches[0]!.reports).toEqual([aReport(1, { isStopping: true })]);
    writer.batches[0]!.accept();
    await expect(Promise.all(answers)).resolves.toHaveLength(2);
  });

  it('does not forget what was told of a command when another report of the same agent follows', async () => {
    const commandResult = { runId: 7, exitCode: 0, output: 'done' };
    const answers = [folder.submit(aReport(1, { commandResult })), folder.submit(aReport(1, { isStopping: true }))];
    await jest.advanceTimersByTimeAsync(100);
    expect(writer.batches[0]!.reports).toEqual([aReport(1, { isStopping: true, commandResult })]);
    writer.batches[0]!.accept();
    await Promise.all(answers);
  });

  it('publishes hosts with news', async () => {
    const answers = submitMany(2);
    await jest.advanceTimersByTimeAsync(200);
    writer.batches[0]!.accept(true);
    await Promise.all(answers);
    expect(published).toEqual([['agents', '[1,2]']]);
  });

  it('says so when Postgres is away, and remembers when', async () => {
    const answer = folder.submit(aReport(1)).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(200);
    writer.batches[0]!.fail(new Error('Connection terminated'));
    expect(await answer).toBeInstanceOf(FatalError);
    expect(folder.lastFailureAt).toEqual(new Date());
  });

  it('refuses more when ten thousand are waiting, and takes them again afterwards', async () => {
    void submitMany(10_000);
    expect(() => folder.submit(aReport(1))).toThrow(TooManyRequestsError);
    for (let batch = 0; batch < 10; batch++) {
      writer.batches[batch]!.accept();
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(() => void folder.submit(aReport(1))).not.toThrow();
  });
});
