import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Packet } from 'dns2';

const TTL_SECONDS = 2;

/** Plays the name servers of the Internet for hostnames of load balancers: knows what it is told, A records only. */
export class NameServer {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #known = new Map<string, readonly string[]>();

  private constructor(socket: Socket, address: string) {
    this.#socket = socket;
    this.#address = address;
  }

  static async start(address: string): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    const server = new NameServer(socket, address);
    socket.on('message', (message, { address: from, port }) => {
      socket.send(server.#answer(message), port, from);
    });
    return server;
  }

  say(name: string, addresses: readonly string[]): void {
    this.#known.set(name, addresses);
  }

  /** Makes a process of Node ask this server and no other. */
  environment(): Readonly<Record<string, string>> {
    const preload = pathToFileURL(`${import.meta.dirname}/use-name-server.mjs`).href;
    return {
      NODE_OPTIONS: `--import=${preload}`,
      SLUICE_TEST_NAME_SERVER: `${this.#address}:${this.#socket.address().port}`,
    };
  }

  async stop(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #answer(message: Buffer): Buffer {
    const response = Packet.createResponseFromRequest(Packet.parse(message));
    const [question] = response.questions;
    const addresses = question?.type === Packet.TYPE.A ? this.#known.get(question.name.toLowerCase()) : [];
    if (addresses === undefined) response.header.rcode = 3;
    for (const address of addresses ?? []) {
      if (question) response.answers.push(Packet.createResourceFromQuestion(question, { ttl: TTL_SECONDS, address }));
    }
    return response.toBuffer();
  }
}
