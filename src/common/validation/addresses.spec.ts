import fc from 'fast-check';
import { parseAddress, parseEndpoint } from './addresses.js';

describe('parseAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['FD00:0:0::1', 'fd00::1'],
    ['::', '::'],
  ])('takes %s as %s', (text, canonical) => expect(parseAddress(text)).toBe(canonical));

  it.each([
    '',
    '10.1',
    '127.1',
    '0x7f.1',
    '0x7f.0.0.1',
    '010.0.0.1',
    '10.0.0.01',
    '256.0.0.1',
    '1.2.3.4.5',
    '2130706433',
    ' 10.0.0.1',
    '10.0.0.1 ',
    '10.0. 0.1',
    '10.0.0.1\n',
    '10.0.0.1/24',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '1::2::3',
    '１０.0.0.1',
    '10.110.140.131er',
    `${'1'.repeat(1_000_000)}`,
  ])('refuses %.40s', (text) => expect(parseAddress(text)).toBeNull());

  it('takes every plain IPv4 address as it is, and every IPv6 address in a form that it takes again', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => parseAddress(text) === text));
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = parseAddress(text);
        return canonical === null || parseAddress(canonical) === canonical;
      }),
    );
  });
});

describe('parseEndpoint', () => {
  it.each([
    ['10.0.0.1:80', '10.0.0.1:80'],
    ['[FD00::1]:8080', '[fd00::1]:8080'],
    ['Files.Example.com:443', 'files.example.com:443'],
  ])('takes %s as %s', (text, canonical) => expect(parseEndpoint(text)).toBe(canonical));

  it.each([
    '10.0.0.1',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.1:http',
    'fd00::1:80',
    '[10.0.0.1]:80',
    '[fd00::1%1]:80',
    'a b:80',
    '-a.b:80',
    'a..b:80',
    '127.1:80',
    '0x7f.1:80',
    'user@host:80',
    'host/path:80',
    "host';:80",
    '10.0.0.1:80:90',
    ':80',
  ])('refuses %s', (text) => expect(parseEndpoint(text)).toBeNull());
});
