/** Where Redis tells that the log of a run has grown, or that the run has ended. Messages are empty. */
export function logChannel(runId: number): string {
  return `log:${runId}`;
}
