import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT } from './api.js';

/** A request that a document shows. */
export interface DocCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/`, with the placeholders `$JOB` and `$HOST`. */
  path: string;
  body?: Record<string, unknown>;
}

/** The calls of the shell functions `get`, `post` and `delete` in a document's examples, in their order. */
export async function callsIn(file: string): Promise<DocCall[]> {
  const text = await readFile(join(PROJECT, file), 'utf8');
  const examples = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, example]) => example!).join('');
  return [...examples.matchAll(/^(get|post|delete) ('[^']*'|\S+)(?: '([^']*)')?$/gm)].map(([, name, path, body]) => ({
    method: name!.toUpperCase() as DocCall['method'],
    path: path!.replaceAll("'", ''),
    ...(body === undefined ? {} : { body: JSON.parse(body) as Record<string, unknown> }),
  }));
}
