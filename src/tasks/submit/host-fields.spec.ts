import { describe, expect, it } from '@jest/globals';
import { parseHostFields } from './host-fields.js';
import { NO_FIELDS } from './task-request.js';

const parse = (input: Record<string, unknown>) => {
  const { fields, complaints } = parseHostFields(input);
  return { fields, wrong: complaints.entries().map(([field]) => field) };
};

describe('parseHostFields', () => {
  it('takes empty and null for absent', () => {
    const input = { account: '', port: null, password: '', key: null, outer_ip: '', has_cygwin: '' };
    expect(parse(input)).toEqual({ fields: NO_FIELDS, wrong: [] });
  });

  it('takes a password as it is, blanks and quotes and all', () => {
    const password = ` '"$-密码\t `;
    expect(parse({ password })).toEqual({ fields: { ...NO_FIELDS, password }, wrong: [] });
  });

  it.each([
    ['root'],
    ['DOMAIN\\user'],
    ['user@example.com'],
    ['deploy-1'],
    ['用户'],
    ['svc$'],
    ['+a'],
    ['a'.repeat(64)],
  ])('takes account %s', (account) => {
    expect(parse({ account }).fields.account).toBe(account);
  });

  it.each([['-l'], ['a b'], ['a;b'], ["a'b"], ['a\n'], ['a'.repeat(65)], [7], ['a`b`'], ['a/b']])(
    'refuses account %j',
    (account) => {
      expect(parse({ account }).wrong).toEqual(['account']);
    },
  );

  it.each([
    [22, 22],
    ['22', 22],
    [65_535, 65_535],
  ])('takes port %j', (port, taken) => {
    expect(parse({ port }).fields.port).toBe(taken);
  });

  it.each([[0], [65_536], [1.5], ['1e3'], ['0x16'], [' 22'], [true], [[22]], [-1]])('refuses port %j', (port) => {
    expect(parse({ port }).wrong).toEqual(['port']);
  });

  it.each([
    [true, true],
    [1, true],
    ['true', true],
    ['1', true],
    [false, false],
    ['0', false],
    ['False', false],
  ])('takes has_cygwin %j', (sent, taken) => {
    expect(parse({ has_cygwin: sent }).fields.hasCygwin).toBe(taken);
  });

  it('measures a key in bytes', () => {
    expect(parse({ key: '密'.repeat(10_922) }).wrong).toEqual([]);
    expect(parse({ key: '密'.repeat(10_923) }).wrong).toEqual(['key']);
  });

  it('names every wrong field', () => {
    const input = {
      account: 1,
      port: 'x',
      auth_type: 'x',
      password: {},
      key: [],
      outer_ip: 'x',
      os_type: 'x',
      has_cygwin: 2,
    };
    expect(parse(input).wrong.sort()).toEqual(Object.keys(input).sort());
  });
});
