/** Runs once after the integration and e2e tests. */
export default async function tearDown() {
  await globalThis.nodemanTestServices?.stop();
}
