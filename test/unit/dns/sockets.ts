import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from '../../../src/lib/address.ts';

/** One TCP connection to a server: whole responses come out in order. */
export class TcpClient {
  readonly socket: Socket;
  readonly responses: Buffer[] = [];
  readonly closed: Promise<unknown>;
  #buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#take();
    });
  }

  static async to({ host, port }: Address): Promise<TcpClient> {
    const socket = connect({ host, port, allowHalfOpen: true });
    const client = new TcpClient(socket);
    await once(socket, 'connect');
    return client;
  }

  #take(): void {
    while (this.#buffer.length >= 2 && this.#buffer.length >= 2 + this.#buffer.readUInt16BE(0)) {
      const end = 2 + this.#buffer.readUInt16BE(0);
      this.responses.push(this.#buffer.subarray(2, end));
      this.#buffer = this.#buffer.subarray(end);
    }
  }
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

/** Asks many queries from sockets of their own, as many resolvers would, and tells which ids had an answer. */
export class UdpClients {
  readonly answered = new Map<number, Buffer>();
  readonly #sockets: UdpSocket[];
  #next = 0;

  private constructor(sockets: UdpSocket[]) {
    this.#sockets = sockets;
    for (const socket of sockets) {
      socket.on('message', (message) => this.answered.set(message.readUInt16BE(0), message));
      socket.on('error', () => undefined);
    }
  }

  static async open(count: number): Promise<UdpClients> {
    const sockets = Array.from({ length: count }, () => createSocket('udp4'));
    await Promise.all(
      sockets.map((socket) => {
        socket.bind(0, '127.0.0.1');
        return once(socket, 'listening');
      }),
    );
    return new UdpClients(sockets);
  }

  send(message: Buffer, { host, port }: Address): void {
    this.#sockets[this.#next++ % this.#sockets.length]?.send(message, port, host);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
