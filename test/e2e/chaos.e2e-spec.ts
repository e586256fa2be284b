import { runSeed } from '../chaos/seed-run.js';

/** One seed of `npm run chaos`, short. Others, and more, are for `npm run chaos -- --seeds N`. */
it('whatever is killed, cut off and cancelled: every run ends once, alone on its host, and is told as it was', async () => {
  const report = await runSeed({ seed: 7, hosts: 4, moments: 16 });
  expect(report.violations).toEqual([]);
  expect(report.runs).toBeGreaterThan(3);
  expect(report.harms.kill).toBeGreaterThan(0);
  expect(report.harms.cut).toBeGreaterThan(0);
  expect(report.cancels).toBeGreaterThan(0);
}, 180_000);
