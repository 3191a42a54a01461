import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Packet } from 'dns2';

/** What a DNS client sees of one answer. */
export interface DigAnswer {
  readonly rcode: number;
  readonly authoritative: boolean;
  /** Addresses, or the strings of TXT records. */
  readonly values: readonly string[];
  readonly ttl: number | undefined;
}

const DEADLINE_MS = 2_000;

/** A client like `dig`, over real UDP, with dns2's codec as an eye that is not ours. */
export class Dig {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: DigAnswer) => void>();
  #id = Math.floor(Math.random() * 65_536);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message) => this.#receive(message));
  }

  /** `server` is `address:port`. */
  static async at(server: string): Promise<Dig> {
    const [address = '', port = ''] = server.split(':');
    const socket = createSocket('udp4');
    socket.connect(Number(port), address);
    await once(socket, 'connect');
    // A port that nobody listens on is a lost query here, as it is for a resolver.
    socket.on('error', () => undefined);
    return new Dig(socket);
  }

  async ask(name: string, type: 'A' | 'AAAA' | 'TXT' | 'SOA' = 'A'): Promise<DigAnswer> {
    this.#id = (this.#id + 1) % 65_536;
    const id = this.#id;
    const packet = new Packet();
    packet.header.id = id;
    packet.questions.push(new Packet.Question(name, Packet.TYPE[type], Packet.CLASS.IN));
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer for ${name} ${type} within ${DEADLINE_MS} ms`));
      }, DEADLINE_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#socket.send(packet.toBuffer());
    });
  }

  /** How many of `count` answers had each address. */
  async count(name: string, count: number): Promise<Readonly<Record<string, number>>> {
    const seen: Record<string, number> = {};
    for (let done = 0; done < count; done += 50) {
      const batch = Math.min(50, count - done);
      const answers = await Promise.all(Array.from({ length: batch }, () => this.ask(name)));
      for (const { values } of answers) {
        const key = values.join(',') || 'empty';
        seen[key] = (seen[key] ?? 0) + 1;
      }
    }
    return seen;
  }

  close(): void {
    this.#socket.close();
  }

  #receive(message: Buffer): void {
    const { header, answers } = Packet.parse(message);
    const waiting = this.#waiting.get(header.id);
    this.#waiting.delete(header.id);
    waiting?.({
      rcode: header.rcode,
      authoritative: header.aa === 1,
      values: answers.flatMap(valuesOf),
      ttl: answers[0]?.ttl,
    });
  }
}

function valuesOf(answer: object): readonly string[] {
  if ('address' in answer) return [String(answer.address)];
  if (!('data' in answer)) return [];
  return Array.isArray(answer.data) ? answer.data.map(String) : [String(answer.data)];
}
