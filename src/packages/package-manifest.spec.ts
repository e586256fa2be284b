import { PackageRefusedError } from './package.errors.js';
import { fileNameOf, parseManifest } from './package-manifest.js';

const GOOD = {
  name: 'nodeman-agent',
  version: '1.0.0',
  os: 'linux',
  arch: 'x86_64',
  start: 'bin/start',
  stop: 'bin/stop',
  status: './bin/status',
};

const text = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

describe('the manifest of a package', () => {
  it('is key=value lines; blank lines and remarks are passed over, further keys are kept', () => {
    const manifest = parseManifest(`# ours\n\n${text({ ...GOOD, homepage: 'https://example.com/?a=b' })}`);
    expect(manifest).toMatchObject({ name: 'nodeman-agent', version: '1.0.0', os: 'linux', arch: 'x86_64' });
    expect(manifest.values).toEqual({ ...GOOD, homepage: 'https://example.com/?a=b' });
    expect(fileNameOf(manifest)).toBe('nodeman-agent-1.0.0-linux-x86_64.tgz');
  });

  it.each(Object.keys(GOOD))('has to have %s', (key) => {
    const rest = Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== key));
    expect(() => parseManifest(text(rest))).toThrow(PackageRefusedError);
  });

  it.each([
    ['name', '../evil'],
    ['name', '.hidden'],
    ['name', '-rf'],
    ['name', 'a b'],
    ['name', 'x'.repeat(65)],
    ['version', '1/2'],
    ['version', '1.0;reboot'],
    ['version', ''],
    ['os', 'linux-gnu'],
    ['arch', 'x86 64'],
    ['start', '/bin/sh'],
    ['start', '../bin/start'],
    ['start', 'bin/../../start'],
    ['start', 'bin/..'],
    ['start', 'bin//start'],
    ['start', 'bin/'],
    ['stop', 'bin/stop now'],
    ['status', '$(reboot)'],
    ['status', 'bin/status\r'],
  ])('may not have the %s %j', (key, value) => {
    expect(() => parseManifest(text({ ...GOOD, [key]: value }))).toThrow(PackageRefusedError);
  });

  it.each(['no equals sign', 'Name=x', ' name=x', 'note=\u0007', 'note=\ufffd', `note=${'x'.repeat(1001)}`])(
    'may not have the line %j',
    (line) => expect(() => parseManifest(`${text(GOOD)}${line}\n`)).toThrow(PackageRefusedError),
  );

  it('may not say a thing twice', () => {
    expect(() => parseManifest(`${text(GOOD)}version=2\n`)).toThrow(PackageRefusedError);
  });
});
