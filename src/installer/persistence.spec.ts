import { Text } from '../common/i18n/text.js';
import { persistently } from './persistence.js';
import { RunFailure } from './run.failures.js';

const never = new AbortController().signal;
const outage = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('persistently', () => {
  it('tries again while the database is away', async () => {
    const outcomes = [outage(), outage(), 'done'];
    const work = async () => {
      const outcome = outcomes.shift();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    await expect(persistently(work, never)).resolves.toBe('done');
  });

  it('gives up when nothing may be written any more', async () => {
    const controller = new AbortController();
    const trying = persistently(() => Promise.reject(outage()), controller.signal);
    controller.abort();
    await expect(trying).rejects.toThrow('ECONNREFUSED');
  });

  it('does not repeat what fails for another reason', async () => {
    let times = 0;
    const work = () => Promise.reject(new Error(`a bug, ${(times += 1)}`));
    await expect(persistently(work, never)).rejects.toThrow('a bug, 1');
  });

  it('is not fooled by the words of a host', async () => {
    const words = new RunFailure('INSTALL_FAILED', Text.verbatim('Connection terminated'));
    await expect(persistently(() => Promise.reject(words), never)).rejects.toBe(words);
  });
});
