import { isIPv4, type Socket, connect } from 'node:net';
import type { Connection, ServerChannel, TcpipRequestInfo } from 'ssh2';

const CONNECTS_WITHIN_MS = 5_000;

/** The TCP connections that a simulated host makes for its clients (`direct-tcpip`). */
export class Forwards {
  /** Open ones, of all clients. */
  open = 0;
  /** The most that were open at once on one client's connection. */
  mostOfOneClient = 0;
  /** What was asked for since the start, in order: `address:port`. */
  readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();

  /** @param address the host's own: its connections come from there */
  constructor(private readonly address: string) {}

  /**
   * From now on the client may ask for connections. One that may not is told "administratively prohibited" by ssh2, for
   * want of a listener.
   */
  allow(client: Connection): void {
    let ofThisClient = 0;
    const count = (change: 1 | -1): void => {
      this.open += change;
      ofThisClient += change;
      this.mostOfOneClient = Math.max(this.mostOfOneClient, ofThisClient);
    };
    client.on('tcpip', (accept, reject, { destIP, destPort }: TcpipRequestInfo) => {
      this.asked.push(`${destIP}:${destPort}`);
      if (!isLoopback(destIP)) return reject();
      const socket = this.connect(destIP, destPort);
      client.once('close', () => socket.destroy());
      socket.once('error', () => reject());
      socket.once('connect', () => {
        socket.setTimeout(0);
        count(1);
        socket.once('close', () => count(-1));
        join(accept(), socket);
      });
    });
  }

  /** Cuts them all. */
  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private connect(host: string, port: number): Socket {
    const from = isIPv4(host) && this.address.startsWith('127.') ? { localAddress: this.address } : {};
    const socket = connect({ host, port, noDelay: true, ...from });
    socket.setTimeout(CONNECTS_WITHIN_MS, () => socket.destroy(new Error('No answer in time')));
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }
}

/** An end goes through when all before it has; a break at once. */
function join(channel: ServerChannel, socket: Socket): void {
  channel.on('error', () => socket.destroy());
  socket.on('error', () => channel.destroy());
  socket.once('close', () => socket.readableEnded || channel.destroy());
  channel.once('close', () => socket.destroy());
  channel.pipe(socket).pipe(channel);
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
