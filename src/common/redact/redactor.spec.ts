import { Redactor } from './redactor.js';

describe('Redactor', () => {
  it('masks a secret wherever it stands', () => {
    expect(new Redactor(['s3cret']).mask('xs3crety s3cret')).toBe('x******y ******');
  });

  it.each(['p$1.*+?', 'a|b(c)[d]', '密码 with blanks', '^-/\\{}', '🔑🔑🔑🔑'])('takes %s literally', (secret) => {
    const redactor = new Redactor([secret]);
    expect(redactor.mask(`is ${secret}!`)).toBe('is ******!');
    expect(redactor.mask('nothing of it')).toBe('nothing of it');
  });

  it('masks the longer of two secrets that begin alike', () => {
    expect(new Redactor(['pass', 'password']).mask('password pass')).toBe('****** ******');
  });

  it('masks a short secret only where it stands alone', () => {
    expect(new Redactor(['ab']).mask('absolutely ab "ab" drab')).toBe('absolutely ****** "******" drab');
  });

  it('masks every line of a private key, but not its frame', () => {
    const key =
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\r\nAAAAB3NzaC1yc2E\n-----END OPENSSH PRIVATE KEY-----\n';
    const redactor = new Redactor([key]);
    expect(redactor.mask('b3BlbnNzaC1rZXk')).toBe('******');
    expect(redactor.mask('x AAAAB3NzaC1yc2E y')).toBe('x ****** y');
    expect(redactor.mask('-----BEGIN OPENSSH PRIVATE KEY-----')).toContain('BEGIN');
  });

  it('masks what it learned later, until it forgets', () => {
    const redactor = new Redactor();
    redactor.learn('token-1');
    expect(redactor.mask('token-1')).toBe('******');
    redactor.clear();
    expect(redactor.mask('token-1')).toBe('token-1');
  });

  it('does nothing with an empty secret', () => {
    expect(new Redactor(['']).mask('as it was')).toBe('as it was');
  });
});
