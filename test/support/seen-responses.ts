import { appendFileSync } from 'node:fs';

/** A JSON answer as a test saw it. */
export interface SeenResponse {
  method: string;
  /** With its query. */
  path: string;
  status: number;
  body: unknown;
}

/**
 * Keeps each answer for the check that all of them fit the OpenAPI document, when the run asks for it by
 * `SEEN_RESPONSES`, a file that all test files append to.
 */
export function recordResponse(response: SeenResponse): void {
  const file = process.env.SEEN_RESPONSES;
  if (file) appendFileSync(file, `${JSON.stringify(response)}\n`);
}
