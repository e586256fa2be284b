/**
 * Runs cases that wait more than they work beside each other, in one test: the product may load modules at any time,
 * which the test runner allows only while a test runs, and a concurrent test's end counts for all of them.
 * @throws Error when all have ended and any has failed, with each failure by its case
 */
export async function atOnce(cases: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const failures: string[] = [];
  const runs = Object.entries(cases).map(([name, run]) =>
    run().catch((error: unknown) => failures.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`)),
  );
  await Promise.all(runs);
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}
