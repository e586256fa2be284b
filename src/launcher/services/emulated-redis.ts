import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createRedisCommandExecutor, RedisServerState, Resp2Server } from 'js-redis-server/core';

/** The in-memory stand-in for Redis, in this very process. */
export interface EmulatedRedis {
  readonly port: number;
  /** May be called again. */
  close(): Promise<void>;
}

/**
 * Starts a Redis made of JavaScript on a free port of loopback: good enough to try the software where there is no Redis. It
 * forgets everything when it ends, and lacks BRPOPLPUSH: its clients need `REDIS_EMULATED=true`.
 */
export async function startEmulatedRedis(password: string): Promise<EmulatedRedis> {
  const state = new RedisServerState({ requirepass: password });
  const resp = new Resp2Server({ server: state, executor: createRedisCommandExecutor() });
  const sockets = new Set<Socket>();
  resp.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Its own listen() would open the port on every address.
  resp.server.listen(0, '127.0.0.1');
  await once(resp.server, 'listening');
  const { port } = resp.server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = async () => {
    closed ??= resp.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port, close };
}
