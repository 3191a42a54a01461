import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import type { Address } from '../../src/lib/address.ts';

type Match = (message: Buffer) => boolean;

/** Whole messages in the order in which they came, and those who wait for one of them. */
class Inbox {
  readonly messages: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  #closed = false;

  put(message: Buffer): void {
    this.messages.push(message);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** The first `count` that match, or as many as there are when time is over or nothing more can come. */
  async take(
    count: number,
    { match = () => true, timeoutMs }: { match?: Match | undefined; timeoutMs: number },
  ): Promise<Buffer[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const found = () => this.messages.filter(match);
    const check = () => (this.#closed || found().length >= count ? resolve() : undefined);
    const deadline = setTimeout(resolve, timeoutMs);
    this.#waiting.add(check);
    check();
    await promise;
    clearTimeout(deadline);
    this.#waiting.delete(check);
    return found().slice(0, count);
  }

  #wake(): void {
    for (const check of this.#waiting) check();
  }
}

/** A UDP socket that only one server can answer, and all that it has answered. */
export class UdpLink {
  readonly #socket: UdpSocket;
  readonly #inbox = new Inbox();

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    socket.on('message', (message) => this.#inbox.put(message));
    // Nobody listens: silence, as for any client.
    socket.on('error', () => undefined);
  }

  static async to({ host, port }: Address): Promise<UdpLink> {
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
    const link = new UdpLink(socket);
    socket.connect(port, host);
    await once(socket, 'connect');
    return link;
  }

  get received(): readonly Buffer[] {
    return this.#inbox.messages;
  }

  send(message: Buffer): void {
    // A send that the kernel refuses is a lost datagram.
    this.#socket.send(message, () => undefined);
  }

  /** Forgets what has come so far. */
  clear(): void {
    this.#inbox.messages.length = 0;
  }

  take(count: number, options: { readonly match?: Match; readonly timeoutMs: number }): Promise<Buffer[]> {
    return this.#inbox.take(count, options);
  }

  close(): void {
    this.#socket.close();
  }
}

/** One TCP connection to a server: whole responses come out in order. */
export class TcpLink {
  readonly socket: Socket;
  /** When both directions are at their end, or the connection was reset. */
  readonly closed: Promise<void>;
  readonly #inbox = new Inbox();
  #buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#inbox.close();
        resolve();
      });
    });
    // A reset is an end like any other.
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
  }

  static async to({ host, port }: Address): Promise<TcpLink> {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const link = new TcpLink(socket);
    await once(socket, 'connect');
    return link;
  }

  get received(): readonly Buffer[] {
    return this.#inbox.messages;
  }

  /** Writes octets as they are, the length in front included. */
  write(octets: Buffer): void {
    this.#read();
    this.socket.write(octets);
  }

  /** Like `write`, but nothing is ever read. */
  writeOnly(octets: Buffer): void {
    this.socket.write(octets);
  }

  /** The first `count` responses, or fewer when the connection ends or time is over. */
  take(count: number, options: { readonly match?: Match; readonly timeoutMs: number }): Promise<Buffer[]> {
    this.#read();
    return this.#inbox.take(count, options);
  }

  /** Ends our direction; the server may still answer. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  #read(): void {
    if (this.socket.listenerCount('data') > 0) return;
    this.socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      while (this.#buffer.length >= 2 && this.#buffer.length >= 2 + this.#buffer.readUInt16BE(0)) {
        const end = 2 + this.#buffer.readUInt16BE(0);
        this.#inbox.put(this.#buffer.subarray(2, end));
        this.#buffer = this.#buffer.subarray(end);
      }
    });
  }
}
