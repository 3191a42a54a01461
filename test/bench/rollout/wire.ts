import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeQuery } from '../../../src/planes/dns/codec.ts';
import { TYPE } from '../../../src/planes/dns/wire/constants.ts';
import { addressOf, hostOf, type Side } from './places.ts';

/** What a DNS server is to answer, and when that is so. */
export interface Expectation {
  readonly name: string;
  readonly query: Buffer;
  readonly isMet: (answer: Buffer) => boolean;
}

/** When, by `performance.now()`, the first server answered so, and the last one. */
export interface Seen {
  readonly name: string;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The hostname is answered with the address of this side. */
export function answersWith(name: string, side: Side): Expectation {
  const octets = Buffer.from(addressOf(side).split('.').map(Number));
  return {
    name,
    query: encodeQuery({ name: hostOf(name), type: TYPE.A }, 0),
    isMet: (answer) => answer.includes(octets),
  };
}

/** Every thread of the server serves this revision, or a later one, and gives this side nothing when it is said. */
export function serves(
  name: string,
  { revision, empty }: { readonly revision: number; readonly empty?: Side },
): Expectation {
  const query = encodeQuery({ name: `_sluice.${hostOf(name)}`, type: TYPE.TXT }, 0);
  const isMet = (answer: Buffer): boolean => {
    const text = answer.toString('latin1');
    const served = Number(/revision=([0-9]{1,15})/.exec(text)?.[1] ?? -1);
    return served >= revision && (empty === undefined || new RegExp(`${empty}=0(?![0-9])`).test(text));
  };
  return { name, query, isMet };
}

/** Milliseconds between two questions of the same, so that asking does not take the machine from who is measured. */
const ASK_EVERY = { one: 1, many: 200 } as const;
const MANY = 10;
const LIMIT_MS = 60_000;

/** One DNS server, asked over UDP. What is lost is asked again with the next round. */
export class Wire {
  readonly #socket: Socket;
  #hear: (answer: Buffer) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (answer) => this.#hear(answer));
    // A server that is not there is a lost question.
    socket.on('error', () => undefined);
  }

  static async open(server: string): Promise<Wire> {
    const [address = '', port = ''] = server.split(':');
    const socket = createSocket('udp4');
    socket.connect(Number(port), address);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** When each expectation was met first. Throws when that takes more than a minute. One call at a time. */
  async whenMet(expectations: readonly Expectation[]): Promise<ReadonlyMap<string, number>> {
    const met = new Map<string, number>();
    const left = new Map(expectations.map((one, id) => [id, one]));
    this.#hear = (answer) => {
      const id = answer.readUInt16BE(0);
      const expectation = left.get(id);
      if (!expectation?.isMet(answer)) return;
      met.set(expectation.name, performance.now());
      left.delete(id);
    };
    const everyMs = expectations.length > MANY ? ASK_EVERY.many : ASK_EVERY.one;
    for (const end = performance.now() + LIMIT_MS; left.size > 0; await delay(everyMs)) {
      if (performance.now() > end) throw new Error(notMet([...left.values()]));
      for (const [id, { query }] of left) this.#send(query, id);
    }
    return met;
  }

  close(): void {
    this.#socket.close();
  }

  #send(query: Buffer, id: number): void {
    const message = Buffer.from(query);
    message.writeUInt16BE(id, 0);
    this.#socket.send(message);
  }
}

function notMet(left: readonly Expectation[]): string {
  const names = left.slice(0, 5).map(({ name }) => name);
  return `DNS does not answer as expected after ${LIMIT_MS / 1_000} s for ${left.length}: ${names.join(', ')}`;
}

/** When the first and the last of these servers met each expectation. */
export async function whenSeen(wires: readonly Wire[], expectations: readonly Expectation[]): Promise<readonly Seen[]> {
  const met = await Promise.all(wires.map((wire) => wire.whenMet(expectations)));
  return expectations.map(({ name }) => {
    const times = met.map((each) => each.get(name) ?? Number.NaN);
    return { name, firstAt: Math.min(...times), lastAt: Math.max(...times) };
  });
}
