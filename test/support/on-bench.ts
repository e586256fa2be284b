import { TargetBench } from './target-bench.js';

/** A test on a bench of its own, so that it may run beside others. */
export function onBench<Case extends unknown[]>(
  test: (bench: TargetBench, ...args: Case) => Promise<void>,
): (...args: Case) => Promise<void> {
  return async (...args) => {
    const bench = await TargetBench.start();
    try {
      await test(bench, ...args);
    } finally {
      await bench.close();
    }
  };
}
