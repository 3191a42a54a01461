import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../../src/lib/address.ts';
import { aQuery, framed } from '../../support/dns-wire.ts';
import { HOST } from './installation.ts';

export interface TcpFigures {
  readonly asked: number;
  readonly answered: number;
  /** Connections that the server closed or reset, and the client opened again. */
  readonly reopened: number;
  /** Sent when the server was closing the connection in good order: a client asks these again (RFC 7766 section 6.2.4). */
  readonly crossed: number;
  readonly lostAtReset: number;
}

const CLIENTS = 10;
const PAUSE_MS = 10;

/** Clients that keep a connection open, ask one query after the other, and connect again when it ends (RFC 7766 section 6.2). */
export class TcpClients {
  readonly #server: Address;
  readonly #running: Promise<unknown>;
  readonly #figures = { asked: 0, answered: 0, reopened: 0, crossed: 0, lostAtReset: 0 };
  #stopping = false;

  constructor(server: Address) {
    this.#server = server;
    this.#running = Promise.all(Array.from({ length: CLIENTS }, () => this.#run()));
  }

  async stop(): Promise<TcpFigures> {
    this.#stopping = true;
    await this.#running;
    return this.#figures;
  }

  async #run(): Promise<void> {
    for (; !this.#stopping; this.#figures.reopened += this.#stopping ? 0 : 1) {
      const socket = connect(this.#server);
      let reset = false;
      socket.on('error', () => {
        reset = true;
      });
      await this.#askUntilClosed(socket, () => reset);
      socket.destroy();
    }
  }

  async #askUntilClosed(socket: Socket, wasReset: () => boolean): Promise<void> {
    const closed = once(socket, 'close').catch(() => undefined);
    while (!this.#stopping && !socket.destroyed && !socket.readableEnded) {
      socket.write(framed(aQuery(HOST)));
      this.#figures.asked += 1;
      const answered = new Promise<true>((resolve) => socket.once('data', () => resolve(true)));
      const outcome = await Promise.race([answered, closed.then(() => false)]);
      if (outcome) this.#figures.answered += 1;
      else if (wasReset()) this.#figures.lostAtReset += 1;
      else this.#figures.crossed += 1;
      await delay(PAUSE_MS);
    }
  }
}
