import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections: none of them takes it while its server is down. */
const [FIRST, LAST] = [20_000, 29_999];

/** A free TCP port of 127.0.0.1 for a server that will be killed and started again. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    // Not seeded: which one it is changes nothing.
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
