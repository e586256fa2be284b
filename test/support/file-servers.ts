import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file server that misbehaves; `address` is its `ip:port`. */
export interface OddFileServer {
  address: string;
  /** Requests since the start, as `METHOD path`. */
  requests: string[];
  close(): Promise<void>;
}

/** Takes requests and never answers. */
export function aSilentServer(): Promise<OddFileServer> {
  return serve(() => undefined);
}

/** Gives packages of the server at `origin`, and refuses everything else: agents come up, but cannot report. */
export function aDownloadOnlyServer(origin: string): Promise<OddFileServer> {
  return serve(async ({ url = '' }, response) => {
    if (!url.startsWith('/download/')) return void response.writeHead(502).end();
    const answer = await fetch(`http://${origin}${url}`);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  });
}

/** Gives every package, with other bytes in it. */
export function aCorruptingServer(): Promise<OddFileServer> {
  return serve((_request, response) => void response.end('these are not the bytes that you are looking for'));
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<OddFileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
