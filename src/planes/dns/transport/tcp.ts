import { once } from 'node:events';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import type { Address } from '../../../lib/address.ts';
import type { Respond } from '../answer/responder.ts';
import type { Counters } from '../counters.ts';
import { TcpConnection } from './tcp-connection.ts';
import { untilQuiet } from './until-quiet.ts';

export interface TcpLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** From the accept or the last whole message to the next whole message, milliseconds. Single octets do not extend it. */
  readonly messageMs: number;
  /** How long answers may still be on their way when the server stops, milliseconds. */
  readonly drainMs: number;
}

/** RFC 7766 section 6.2: many clients at once, few connections each, seconds of patience. */
export const TCP_LIMITS: TcpLimits = {
  connections: 1_024,
  connectionsPerAddress: 128,
  messageMs: 10_000,
  drainMs: 2_000,
};

/** Of those who connect without end, some have to try again. */
const MOST_ACCEPT_TURNS = 100;

export interface TcpOptions {
  readonly respond: Respond;
  readonly counters: Counters;
  readonly limits: TcpLimits;
  readonly onError: (error: Error) => void;
}

export interface TcpListener {
  /** Accepts nothing more, answers what was asked, and ends. */
  close(): Promise<void>;
}

export async function listenTcp({ host, port }: Address, options: TcpOptions): Promise<TcpListener> {
  const listener = new Listener(options);
  // A client may close its side behind its last query and still read the answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => listener.accept(socket));
  const listening = once(server, 'listening');
  server.listen({ host, port, ipv6Only: isIP(host) === 6, reusePort: true });
  await listening;
  server.on('error', options.onError);
  return { close: () => listener.close(server) };
}

class Listener {
  readonly #options: TcpOptions;
  readonly #connections = new Set<TcpConnection>();
  readonly #perAddress = new Map<string, number>();
  #accepted = 0;

  constructor(options: TcpOptions) {
    this.#options = options;
  }

  accept(socket: Socket): void {
    this.#accepted += 1;
    const { counters, limits } = this.#options;
    const address = socket.remoteAddress;
    const ofAddress = this.#perAddress.get(address ?? '') ?? 0;
    const full = this.#connections.size >= limits.connections || ofAddress >= limits.connectionsPerAddress;
    // No address: the client is gone already.
    if (address === undefined || full) {
      if (full) counters.tcpCut += 1;
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, ofAddress + 1);
    const connection = new TcpConnection(socket, this.#options);
    this.#connections.add(connection);
    counters.tcpConnections += 1;
    socket.once('close', () => this.#forget(connection, address));
  }

  async close(server: Server): Promise<void> {
    // When a listener closes, the kernel resets connections that it has not accepted yet; Node accepts one in a turn.
    await untilQuiet(() => this.#accepted, MOST_ACCEPT_TURNS);
    const closed = once(server, 'close');
    server.close();
    for (const connection of this.#connections) void connection.drain();
    const deadline = setTimeout(() => {
      for (const connection of this.#connections) connection.cut();
    }, this.#options.limits.drainMs);
    await closed;
    clearTimeout(deadline);
  }

  #forget(connection: TcpConnection, address: string): void {
    this.#connections.delete(connection);
    this.#options.counters.tcpConnections -= 1;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
