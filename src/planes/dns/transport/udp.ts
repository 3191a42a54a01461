import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Address } from '../../../lib/address.ts';
import type { Respond } from '../answer/responder.ts';
import type { Counters } from '../counters.ts';
import { untilQuiet } from './until-quiet.ts';

/** Room for a burst while the process does something else, octets; the kernel gives what it allows. */
const RECEIVE_BUFFER = 4 * 1_024 * 1_024;
/** Under a load that this process can bear two or three do. */
const MOST_ROUNDS = 50;
/** To hear of a send costs as much as a tenth of an answer, so one in so many speaks for all. */
const WATCHED_SEND = 16;
const DISCARD_PORT = 9;

export interface UdpListener {
  /** Answers everything that the kernel has given to this socket, and ends. */
  close(): Promise<void>;
}

export interface UdpOptions {
  readonly respond: Respond;
  readonly counters: Counters;
  readonly onError: (error: Error) => void;
}

/**
 * Binds one address by name, so that answers leave from the address that was asked. `reusePort` lets a new process
 * bind beside an old one; the kernel divides clients among them.
 */
export async function listenUdp(address: Address, options: UdpOptions): Promise<UdpListener> {
  const family = isIP(address.host) === 6 ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    reusePort: true,
    recvBufferSize: RECEIVE_BUFFER,
    // Clients are addresses, never names: no look-up, and answers go out in the same turn.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  const bound = once(socket, 'listening');
  socket.bind(address.port, address.host);
  await bound;
  socket.on('error', options.onError);
  return new Listener(socket, address, options);
}

interface Waiting {
  readonly message: Buffer;
  readonly client: RemoteInfo;
}

class Listener implements UdpListener {
  readonly #socket: Socket;
  readonly #address: Address;
  readonly #options: UdpOptions;
  readonly #waiting: Waiting[] = [];
  readonly #onSent = (error: Error | null) => {
    if (error !== null) this.#options.counters.sendErrors += WATCHED_SEND;
  };
  #sends = 0;
  #leaving = false;

  constructor(socket: Socket, address: Address, options: UdpOptions) {
    this.#socket = socket;
    this.#address = address;
    this.#options = options;
    socket.on('message', (message, client) => this.#receive(message, client));
  }

  /**
   * A socket that is just closed takes unread queries with it. One that is connected gets no new ones (Linux leaves
   * connected sockets out of a reusePort group) and still gives those that were there. To answer them it has to be in the
   * group again, and gets a few more, fewer each time: it is closed when a look finds none.
   */
  async close(): Promise<void> {
    this.#leaving = true;
    await this.#leaveGroup();
    for (let round = 0; round < MOST_ROUNDS && this.#waiting.length > 0; round += 1) {
      this.#socket.disconnect();
      for (const { message, client } of this.#waiting.splice(0)) this.#answer(message, client);
      await this.#leaveGroup();
    }
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  /** Settles when nothing is left to read. */
  async #leaveGroup(): Promise<void> {
    this.#socket.connect(DISCARD_PORT, isWildcard(this.#address.host) ? undefined : this.#address.host);
    await untilQuiet(() => this.#waiting.length, Number.POSITIVE_INFINITY);
  }

  #receive(message: Buffer, client: RemoteInfo): void {
    if (this.#leaving) this.#waiting.push({ message, client });
    else this.#answer(message, client);
  }

  #answer(message: Buffer, client: RemoteInfo): void {
    const { respond, counters } = this.#options;
    // Nobody can receive at port 0, and Node throws when asked to send there.
    if (client.port === 0) {
      counters.dropped += 1;
      return;
    }
    const response = respond(message, { address: client.address, transport: 'udp' });
    // Several messages are for TCP.
    if (!Buffer.isBuffer(response)) return;
    this.#sends += 1;
    const watched = this.#sends % WATCHED_SEND === 0 ? this.#onSent : undefined;
    this.#socket.send(response, client.port, client.address, watched);
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
