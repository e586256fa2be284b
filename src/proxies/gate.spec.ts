import { Gate } from './gate.js';

const { signal } = new AbortController();

/** Work that ends when it is told to. */
function someWork() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    started.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  return { started, work, end: (name: string) => ends.get(name)!() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Gate', () => {
  it('lets in as many as it has room for, the others in their order', async () => {
    const gate = new Gate(2);
    const { started, work, end } = someWork();
    const all = ['a', 'b', 'c', 'd'].map((name) => gate.pass(signal, work(name)));
    await settled();
    expect(started).toEqual(['a', 'b']);
    end('b');
    await settled();
    expect(started).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c']) end(name);
    await settled();
    end('d');
    await expect(Promise.all(all)).resolves.toEqual(['a', 'b', 'c', 'd']);
    expect(gate.isEmpty).toBe(true);
  });

  it('gives the place of work that failed to the next', async () => {
    const gate = new Gate(1);
    const failing = gate.pass(signal, () => Promise.reject(new Error('broken')));
    const next = gate.pass(signal, () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
    expect(gate.isEmpty).toBe(true);
  });

  it('lets those go who do not want to wait any more', async () => {
    const gate = new Gate(1);
    const { started, work, end } = someWork();
    const first = gate.pass(signal, work('first'));
    const cancel = new AbortController();
    const second = gate.pass(cancel.signal, work('second'));
    const third = gate.pass(signal, work('third'));
    cancel.abort(new Error('not wanted'));
    await expect(second).rejects.toThrow('not wanted');
    await expect(gate.pass(cancel.signal, work('late'))).rejects.toThrow('not wanted');
    end('first');
    await settled();
    end('third');
    await Promise.all([first, third]);
    expect(started).toEqual(['first', 'third']);
  });
});
