import { cpSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS, TargetBench } from '../support/target-bench.js';

const readText = (path: string) => readFileSync(path, 'utf8');
let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
});

afterEach(() => bench.close());

describe('as root on a host of its own', () => {
  it.each([
    ['full', 'mount -t tmpfs -o size=48k tmpfs /opt', 'install', /no space left on device/],
    ['read-only', 'mount -t tmpfs -o ro tmpfs /opt', 'download', /Read-only file system/],
    ['noexec', 'mount -t tmpfs -o noexec tmpfs /opt', 'install', /mounted noexec/],
  ])('says that the file system is %s', async (_what, prepare, failing, why) => {
    const target = await bench.host(prepare);
    await bench.offer(target);
    const download = await target.call('download');
    const result = failing === 'download' ? download : await target.call('install');
    expect(result.code).toBe(1);
    expect(result.fail).toMatch(why);
    expect(await target.stop()).toBe(0);
  });

  it('starts at boot by cron, and takes only its own line away', async () => {
    const bin = bench.toolbox('true');
    const table = join(bench.base, 'crontab');
    writeFileSync(table, '# mine\n\n5 4 * * * backup\n');
    writeFileSync(
      join(bin, 'crontab'),
      `#!/bin/sh\ncase $1 in -l) cat ${table};; -r) rm ${table};; *) cat "$1" >${table};; esac\n`,
      { mode: 0o755 },
    );
    const target = await bench.host('mount -t tmpfs tmpfs /opt; mkdir /opt/other', bin);
    await bench.installed(target);
    expect(readText(table)).toBe(
      '# mine\n\n5 4 * * * backup\n@reboot NODEMAN_AGENT_HOME=/opt/nodeman/agent /opt/nodeman/agent/current/bin/start # nodeman-agent\n',
    );
    await target.call('uninstall');
    expect(readText(table)).toBe('# mine\n\n5 4 * * * backup\n');
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });

  it('is a systemd unit where systemd is PID 1', async () => {
    const bin = bench.toolbox('true');
    cpSync('/usr/bin/dash', join(bin, 'systemd'));
    const calls = join(bench.base, 'systemctl.log');
    const unit = '/etc/systemd/system/nodeman-agent.service';
    writeFileSync(
      join(bin, 'systemctl'),
      `#!/bin/sh\necho "$*" >>${calls}\ncase $1 in\n` +
        `start) eval "$(sed -n 's/^ExecStart=/exec setsid /p' ${unit})";;\nstop) eval "$(sed -n 's/^ExecStop=//p' ${unit})";;\nesac\n`,
      { mode: 0o755 },
    );
    const prepare = [
      ...['/opt', '/run', '/etc/systemd'].map((dir) => `mkdir -p ${dir}; mount -t tmpfs tmpfs ${dir}`),
      'mkdir -p /run/systemd/system /etc/systemd/system',
    ].join('; ');
    const target = await bench.host(prepare, bin, join(bin, 'systemd'));
    expect((await target.call('facts')).facts.init).toBe('systemd');
    await bench.installed(target);
    expect(await target.call('verify')).toMatchObject({ code: 0 });
    await target.call('uninstall');
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(bench.server.states().at(-1)).toBe('stopping');
    expect(readText(calls).split('\n')).toEqual(
      expect.arrayContaining(['daemon-reload', '-q enable nodeman-agent.service', 'start nodeman-agent.service']),
    );
  });

  it('has the package manager bring what lacks', async () => {
    const bin = bench.toolbox(COMMANDS.replace('tar ', ''));
    symlinkSync('/usr/bin/curl', join(bin, 'curl'));
    // The script looks in the system's folders too; here they hold nothing else.
    const hide = 'mount --bind "$BIN" /usr/bin; mount --bind "$BIN" /usr/sbin; mount -t tmpfs tmpfs /usr/local';
    writeFileSync(join(bin, 'apk'), '#!/bin/sh\necho "$*" >>/opt/apk\nexit 3\n', { mode: 0o755 });
    for (const name of ['dash', 'busybox', 'curl']) rmSync(join(bin, name), { force: true });
    for (const name of readdirSync(bin)) {
      if (name === 'apk') continue;
      rmSync(join(bin, name));
      cpSync(`/usr/bin/${name}`, join(bin, name), { dereference: true });
    }
    cpSync('/usr/bin/dash', join(bin, 'dash'));
    const target = await bench.host(`mount -t tmpfs tmpfs /opt; BIN=${bin}; ${hide}`, bin);
    expect(await target.call('deps')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(
        /^COMMAND_NOT_FOUND this host lacks tar curl and apk could not bring it \(exit code 3\)/,
      ),
    });
  });
});
