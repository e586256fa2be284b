import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';

/** Something at an address that is no SSH server. */
export interface OddServer {
  port: number;
  stop(): Promise<void>;
}

/** Nobody takes its connections and its queue is full: what more is sent to it gets no answer, as behind a firewall that drops. */
export async function anUnansweringServer(address: string): Promise<OddServer> {
  const script = `require('net').createServer().listen({ port: 0, host: '${address}', backlog: 1 },
    function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(chunk.toString());
  const queue = Array.from({ length: 4 }, () => createConnection(port, address).on('error', () => undefined));
  return {
    port,
    stop: async () => {
      for (const socket of queue) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Speaks HTTP to whoever comes, and has nothing. */
export async function aWebServer(address: string): Promise<OddServer> {
  const server = createServer((_request, response) => response.writeHead(404).end()).listen(0, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
