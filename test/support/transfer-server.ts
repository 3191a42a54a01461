import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../src/lib/address.ts';
import { Journal } from '../../src/planes/dns/transfer/journal.ts';
import type { TsigKey } from '../../src/planes/dns/transfer/keys.ts';
import { encodeRefusal, transferMessages } from '../../src/planes/dns/transfer/messages.ts';
import type { Secondary } from '../../src/planes/dns/transfer/policy.ts';
import { answerTransfer, type TransferRequest } from '../../src/planes/dns/transfer/respond.ts';
import { authenticate, signResponse } from '../../src/planes/dns/transfer/tsig.ts';
import { diffVersions, type ZoneVersion } from '../../src/planes/dns/transfer/zone-version.ts';
import { RCODE, TYPE } from '../../src/planes/dns/wire/constants.ts';
import { parseQuery } from '../../src/planes/dns/wire/query.ts';
import { framed } from './dns-wire.ts';

export interface TransferServerOptions {
  readonly address: Address;
  readonly keys?: readonly TsigKey[];
  readonly secondaries: readonly Secondary[];
  /** How far its clock is ahead, seconds. */
  readonly clockAheadSeconds?: number;
}

interface Client {
  readonly address: string;
  readonly udp: boolean;
}

/** The parts of `src/planes/dns/transfer` behind real sockets and nothing else: SOA, AXFR and IXFR of one zone. */
export class TransferServer {
  /** How each request was answered: `tcp incremental`, `udp soa`, `tcp refused 9`. */
  readonly served: string[] = [];
  readonly #options: TransferServerOptions;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();
  #journal = new Journal();
  #version: ZoneVersion | undefined;

  private constructor(options: TransferServerOptions) {
    this.#options = options;
    this.#udp = createSocket(options.address.host.includes(':') ? 'udp6' : 'udp4');
    this.#udp.on('message', (message, from) => {
      for (const answer of this.#answer(message, { address: from.address, udp: true })) {
        this.#udp.send(answer, from.port, from.address);
      }
    });
    this.#tcp = createServer((socket) => this.#accept(socket));
  }

  static async start(options: TransferServerOptions): Promise<TransferServer> {
    const server = new TransferServer(options);
    const { host, port } = options.address;
    server.#udp.bind(port, host);
    server.#tcp.listen(port, host);
    await Promise.all([once(server.#udp, 'listening'), once(server.#tcp, 'listening')]);
    return server;
  }

  /** Serves this version from now on. */
  publish(version: ZoneVersion): void {
    if (this.#version !== undefined) this.#journal.add(diffVersions(this.#version, version));
    this.#version = version;
  }

  /** As after a restart: nobody knows what was before. */
  forgetJournal(): void {
    this.#journal = new Journal();
  }

  async stop(): Promise<void> {
    const closed = [once(this.#udp, 'close'), once(this.#tcp, 'close')];
    this.#udp.close();
    this.#tcp.close();
    for (const connection of this.#connections) connection.destroy();
    await Promise.all(closed);
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => undefined);
    let buffer: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
        const message = buffer.subarray(2, 2 + buffer.readUInt16BE(0));
        buffer = buffer.subarray(2 + message.length);
        const client = { address: socket.remoteAddress ?? '', udp: false };
        for (const answer of this.#answer(message, client)) socket.write(framed(answer));
      }
    });
  }

  *#answer(message: Buffer, client: Client): Generator<Buffer> {
    const parsed = parseQuery(message);
    if (parsed.kind !== 'query') return;
    const { keys = [], clockAheadSeconds = 0 } = this.#options;
    const nowSeconds = Math.floor(Date.now() / 1_000) + clockAheadSeconds;
    const authentication = authenticate(message, { keys, nowSeconds });
    const { questionEnd, type } = parsed.query;
    if (type === TYPE.AXFR || type === TYPE.IXFR) {
      yield* this.#transfer({ message, questionEnd, type, authentication }, client, nowSeconds);
      return;
    }
    const good = type === TYPE.SOA && (authentication.kind === 'unsigned' || authentication.kind === 'verified');
    this.served.push(`${client.udp ? 'udp' : 'tcp'} ${good ? 'soa' : 'other'}`);
    const answer = good ? this.#soa(message, questionEnd) : refusal(message, questionEnd);
    yield signResponse(answer, authentication, nowSeconds);
  }

  #transfer(
    asked: Omit<TransferRequest, 'clientAddress'>,
    { address, udp }: Client,
    nowSeconds: number,
  ): Iterable<Buffer> {
    const request = { ...asked, clientAddress: address, ...(udp ? { udpLimit: 1_232 } : {}) };
    const zone = { version: this.#version, journal: this.#journal, secondaries: this.#options.secondaries };
    const response = answerTransfer(request, zone, nowSeconds);
    const rcode = response.kind === 'refused' ? ` ${response.rcode}` : '';
    this.served.push(`${udp ? 'udp' : 'tcp'} ${response.kind}${rcode}`);
    return response.messages;
  }

  #soa(message: Buffer, questionEnd: number): Buffer {
    const question = {
      id: message.readUInt16BE(0),
      octets: message.subarray(12, questionEnd),
      recursionDesired: false,
    };
    const content = this.#version === undefined ? [] : [this.#version.soa];
    const [answer] = transferMessages(question, content, { maxBytes: 512 });
    return answer ?? refusal(message, questionEnd);
  }
}

function refusal(message: Buffer, questionEnd: number): Buffer {
  return encodeRefusal(message, { questionEnd, rcode: RCODE.NOTAUTH });
}
