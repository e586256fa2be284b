import { Text } from '../../common/i18n/text.js';
import { type FailureClues, RunFailure } from '../run.failures.js';
import { explain } from './explanation.js';

const RUN = { businessId: 2, hostId: 17, account: 'ops', innerIp: '198.18.0.7', port: 22 };
const mask = (line: string) => line.replaceAll('s3cret', '******');

const told = (failure: RunFailure) => explain(failure, 'EXECUTE_SCRIPT', RUN, mask);
const failed = (words: string, clues: FailureClues = {}) =>
  new RunFailure('INSTALL_FAILED', new Text(`脚本执行失败：${words}`, `The script failed: ${words}`), clues);

describe('explain', () => {
  it('says what happened, the evidence, the cause and what to do, in both languages', () => {
    const output = ['tar: bin/agent: Cannot write: No space left on device', 'tar: Exiting with failure status'];
    const { text, record, quotes } = told(
      failed('the package cannot be unpacked', {
        evidence: { command: 'tar -xzof a.tgz', exitCode: 2, output, isLogged: true },
      }),
    );
    expect(text.zh).toBe(
      '脚本执行失败：the package cannot be unpacked。证据：命令 tar -xzof a.tgz，退出码 2，输出：tar: bin/agent: Cannot write: No space left on device | tar: Exiting with failure status。' +
        '原因：磁盘已满。建议：用 df -h /opt 查看，清理出至少 100 MB 后重试',
    );
    expect(text.en).toBe(
      'The script failed: the package cannot be unpacked. Evidence: command tar -xzof a.tgz, exit code 2, output: tar: bin/agent: Cannot write: No space left on device | tar: Exiting with failure status. ' +
        'Cause: The disk is full. What to do: Look with df -h /opt, free at least 100 MB, then retry',
    );
    expect(record).toEqual({
      id: 'disk-full',
      cause: { zh: '磁盘已满', en: 'The disk is full' },
      happened: {
        zh: '脚本执行失败：the package cannot be unpacked',
        en: 'The script failed: the package cannot be unpacked',
      },
      evidence:
        'tar -xzof a.tgz (exit code 2): tar: bin/agent: Cannot write: No space left on device | tar: Exiting with failure status',
      remedy: {
        zh: '用 df -h /opt 查看，清理出至少 100 MB 后重试',
        en: 'Look with df -h /opt, free at least 100 MB, then retry',
      },
    });
    expect(quotes).toEqual([]);
  });

  it('has no evidence where there is none', () => {
    const { text, record } = told(failed('/opt is on a read-only file system'));
    expect(text.en).toMatch(
      /^The script failed: \/opt is on a read-only file system\. Cause: .*\. What to do: .*[^.]$/,
    );
    expect(record.evidence).toBe('');
  });

  it('asks no rules where the cause is known', () => {
    const diagnosis = {
      id: 'check-space',
      cause: new Text('缺空间', 'No room'),
      remedy: new Text('腾空间', 'Make room'),
    };
    const { text, record } = told(failed('no space left on device', { diagnosis }));
    expect(text.en).toMatch(/Cause: No room\. What to do: Make room$/);
    expect(record).toMatchObject({ id: 'check-space', cause: { zh: '缺空间' }, remedy: { en: 'Make room' } });
  });

  it('does not say twice what was said', () => {
    const output = ['setup failed: no room', 'no room', 'something else'];
    const { text } = told(failed('no room', { evidence: { command: null, exitCode: null, output } }));
    expect(text.en).toMatch(/^The script failed: no room\. Evidence: output: something else\. Cause: /);
  });

  it('gives the lines that the log does not show yet, at most 20, to be quoted', () => {
    const output = Array.from({ length: 25 }, (_, index) => `line ${index} s3cret`);
    const { quotes } = told(failed('it', { evidence: { command: 'x', exitCode: 1, output } }));
    expect(quotes).toHaveLength(20);
    expect(quotes.at(-1)).toBe('line 24 ******');
  });

  it('is one line of limited length, whatever the host said, and keeps the end of the output', () => {
    const output = Array.from({ length: 20 }, (_, index) => `${index}\r\n\u001b[31m${'x'.repeat(400)}`);
    const command = `run ${'y'.repeat(900)}`;
    const { text, record } = told(failed('z'.repeat(3_000), { evidence: { command, exitCode: 1, output } }));
    for (const words of [text.zh, text.en]) {
      expect(words.length).toBeLessThanOrEqual(1_700);
      expect(words).not.toMatch(/[\r\n\u001b]/);
      expect(words).toMatch(/exit code 1|退出码 1/);
    }
    expect(text.en).toMatch(/\. Cause: .*\. What to do: /);
    const short = told(failed('it', { evidence: { command, exitCode: 1, output: [...output, 'the last words'] } }));
    expect(short.text.en).toContain('| the last words. Cause: ');
    expect(short.text.en.length).toBeLessThanOrEqual(1_700);
    expect(record.evidence.length).toBeLessThanOrEqual(1_001);
  });

  it('masks secrets everywhere', () => {
    const evidence = { command: 'curl s3cret', exitCode: 1, output: ['it said s3cret'] };
    const all = JSON.stringify(told(failed('no s3cret here', { evidence })));
    expect(all).not.toContain('s3cret');
    expect(all.split('******')).toHaveLength(12);
  });

  it("names this run's host in the sentence, and leaves it open in the record, which stands for a group", () => {
    const changed = new RunFailure('SSH_LOGIN_KEY_ERR', Text.verbatim('another key'), { sshKind: 'host-key-changed' });
    const { text, record } = told(changed);
    expect(text.en).toContain('DELETE /api/2/hosts/17/host_keys/');
    expect(record.remedy.en).toContain('DELETE /api/{bk_biz_id}/hosts/{host_id}/host_keys/');
  });
});
