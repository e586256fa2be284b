import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS, DASH, TargetBench } from '../support/target-bench.js';
import { TargetServer } from '../support/target-shell.js';

let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
});

afterEach(async () => {
  await bench.close();
});

describe('what a failed download shows', () => {
  it.each([
    ['curl', 'curl', '/usr/bin/curl', [7, 22]],
    ['wget', 'wget', '/usr/bin/wget', [4, 8]],
    ['busybox', 'wget', '/usr/bin/busybox', [1, 1]],
  ])('is each command of %s with its words', async (_name, command, program, codes) => {
    const PATH = bench.toolbox(COMMANDS);
    symlinkSync(program, join(PATH, command));
    const target = await bench.session(DASH, { PATH });
    const { file } = await bench.offer(target);
    bench.server.files.clear();
    target.set({ servers: `127.0.0.1:1 ${bench.server.address}` });
    const { code, ran, text } = await target.call('download');
    expect(code).toBe(1);
    const urls = ['127.0.0.1:1', bench.server.address].map((server) => `http://${server}/download/${file}`);
    expect(ran).toEqual(urls.map((url, index) => `${codes[index]} ${command} ${url}`));
    expect(text).toMatch(/Failed to connect|[Cc]onnection refused/);
    expect(text).toContain('404');
  });

  it('is how a file begins that is not the package', async () => {
    const target = await bench.session();
    const { file } = await bench.offer(target);
    const portal = await TargetServer.start();
    portal.files.set(file, Buffer.from('<html>\n<title>Log in to the network</title>\u0007\n'.repeat(9)));
    target.set({ servers: portal.address });
    const { fail, ran, text } = await target.call('download');
    expect(fail).toMatch(
      /^CURL_FILE_FAILED no server gave .*: wrong checksum: SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}$/,
    );
    expect(text).toContain('bytes and begins with: <html> <title>Log in to the network</title>  <html>');
    expect(ran).toEqual([`1 sha256sum ${file}`]);
    await portal.close();
  });

  it('is a full disk', async () => {
    const target = await bench.host('mount -t tmpfs -o size=8k tmpfs /opt');
    const { file } = await bench.offer(target);
    const { fail, ran } = await target.call('download');
    expect(fail).toMatch(/^CURL_FILE_FAILED .*no space left on device/);
    expect(ran).toEqual([`23 curl http://${bench.server.address}/download/${file}`]);
  });
});
