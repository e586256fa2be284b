import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChaosHost, ChaosHosts, PASSWORD } from '../chaos/chaos-hosts.js';
import { runSeed } from '../chaos/seed-run.js';
import { closeSessions, connect, patiently } from '../support/ssh.js';

/** One seed of `npm run chaos`, short. Others, and more, are for `npm run chaos -- --seeds N`. */
it('whatever is killed, cut off and cancelled: every run ends once, alone on its host, and is told as it was', async () => {
  const report = await runSeed({ seed: 21, hosts: 4, moments: 16 });
  expect(report.violations).toEqual([]);
  expect(report.runs).toBeGreaterThan(3);
  expect(report.harms.kill).toBeGreaterThan(0);
  expect(report.harms.cut).toBeGreaterThan(0);
  expect(report.cancels).toBeGreaterThan(0);
}, 180_000);

it('two attempts at work on a host at the same time are seen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nodeman-chaos-'));
  const hosts = await ChaosHosts.start(folder, 1);
  try {
    const [host] = hosts.all as [ChaosHost];
    const { address, port } = host.machine;
    const session = await connect({ address, port, account: 'root', auth: { type: 'PASSWORD', password: PASSWORD } });
    await session.exec('tar --version; tar --version', patiently());
    expect(await host.overlaps()).toEqual([]);
    await Promise.all(['tar --version', 'cp --version'].map((command) => session.exec(command, patiently())));
    expect(await host.overlaps()).toEqual([
      expect.stringMatching(/^(tar|cp) of session \d+ while process \d+ of session \d+ lives$/),
    ]);
  } finally {
    await closeSessions();
    await hosts.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
