import { parseMarker } from './script-markers.js';

const NONCE = 'n0nce0123456789a';
const read = (rest: string) => parseMarker(`@nm:${NONCE}:${rest}`, NONCE);

describe('the markers of the remote script', () => {
  it('reads each kind', () => {
    expect(read('ready 812 810')).toEqual({ kind: 'ready', pid: 812, group: 810 });
    expect(read('fact arch=x86_64')).toEqual({ kind: 'fact', key: 'arch', value: 'x86_64' });
    expect(read('fact prefix=/a b=c')).toEqual({ kind: 'fact', key: 'prefix', value: '/a b=c' });
    expect(read('fail CURL_FILE_FAILED no server gave it')).toEqual({
      kind: 'fail',
      errCode: 'CURL_FILE_FAILED',
      sentence: 'no server gave it',
    });
    expect(read('ran 2 tar -xzof /opt/a.tgz -C /opt')).toEqual({
      kind: 'ran',
      code: 2,
      command: 'tar -xzof /opt/a.tgz -C /opt',
    });
    expect(read('check space pass 81234 KB free')).toEqual({
      ...{ kind: 'check', name: 'space', outcome: 'pass', evidence: '81234 KB free' },
    });
    expect(read('check init skip')).toEqual({ kind: 'check', name: 'init', outcome: 'skip', evidence: '' });
    expect(read('done install 137')).toEqual({ kind: 'done', call: 'install', code: 137 });
    expect(read('stopped')).toEqual({ kind: 'stopped' });
    expect(read('alive 3')).toEqual({ kind: 'alive', count: 3 });
  });

  it.each([
    ['another nonce', '@nm:0000000000000000:done install 0'],
    ['no nonce', '@nm::done install 0'],
    ['only the beginning of the nonce', `@nm:${NONCE.slice(0, -1)}:done install 0`],
    ['a marker that is not at the beginning of the line', ` @nm:${NONCE}:done install 0`],
    ['a marker inside other words', `it said @nm:${NONCE}:done install 0`],
  ])('takes %s for text', (_what, line) => {
    expect(parseMarker(line, NONCE)).toBeNull();
  });

  it.each([
    '',
    'done',
    'done install',
    'done install zero',
    'done install -1',
    'ready 5',
    'ready 5 1',
    'ready 5 0',
    'fact x',
    'ran',
    'ran 2',
    'ran two tar',
    'check space',
    'check space maybe 12',
  ])('takes the malformed marker "%s" for text', (rest) => expect(read(rest)).toBeNull());

  it.each(['constructor x', '__proto__ x', 'toString', 'stopped now', 'DONE install 0'])(
    'knows no marker "%s"',
    (rest) => {
      expect(read(rest)).toBeNull();
    },
  );
});
