import { Packet } from 'dns2';

/**
 * Queries of our own and what we need of the answers, by dns2's codec: off the hot path, and an eye on our own wire layer
 * that is not ours.
 */

/** A query with one question. */
export function encodeQuery(name: string, type: number, id: number): Buffer {
  const packet = new Packet();
  packet.header.id = id;
  packet.questions.push(new Packet.Question(name, type, Packet.CLASS.IN));
  return packet.toBuffer();
}

export interface ShortResponse {
  readonly id: number;
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: number;
  /** The character-strings of the TXT records in the answer. */
  readonly texts: readonly string[];
}

/** Reads a response; undefined when it is none or does not hold together. */
export function decodeResponse(message: Buffer): ShortResponse | undefined {
  const packet = parsePacket(message);
  if (!packet || packet.header.qr !== 1 || packet.errors.length > 0) return undefined;
  const { header, answers } = packet;
  return {
    id: header.id,
    rcode: header.rcode,
    authoritative: header.aa === 1,
    answers: answers.length,
    texts: answers.flatMap(textsOf),
  };
}

function parsePacket(message: Buffer): Packet | undefined {
  try {
    return Packet.parse(message);
  } catch {
    return undefined; // dns2 throws for what it cannot read: to us that is no response
  }
}

function textsOf(answer: object): readonly string[] {
  if (!('data' in answer)) return [];
  return Array.isArray(answer.data) ? answer.data.map(String) : [String(answer.data)];
}
