import { CLASS_IN, FLAG, HEADER_SIZE, QUESTION_POINTER, TCP_CAP } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';

/** What responses to a request for a transfer have to repeat. */
export interface TransferQuestion {
  readonly id: number;
  /** Name, type and class in wire form. */
  readonly octets: Buffer;
  readonly recursionDesired: boolean;
}

export interface PackOptions {
  /** Messages are filled up to here, octets; leave room for TSIG. A record that is larger still has one for itself. */
  readonly maxBytes: number;
  /** An OPT record for the first message, for a client that sent one (RFC 5936 section 2.2.5). */
  readonly opt?: Buffer | undefined;
}

/** Large enough to be few, small enough that other clients get their turn in between, octets. */
export const TRANSFER_MESSAGE_SIZE = 16_384;

/**
 * The messages of a transfer, one at a time (RFC 5936 section 2.2). The question is in the first one; there the zone's
 * name is sent once and pointed to, in the others names are whole: case is kept, and each message stands for itself.
 */
export function* transferMessages(
  question: TransferQuestion,
  content: Iterable<FlatRecord>,
  { maxBytes, opt }: PackOptions,
): Generator<Buffer> {
  let message = new Packing(question, { isFirst: true, opt });
  for (const record of content) {
    const encoded = message.encode(record);
    if (message.isEmpty || message.size + encoded.length <= maxBytes) {
      message.add(encoded);
      continue;
    }
    yield message.finish();
    message = new Packing(question, { isFirst: false });
    message.add(message.encode(record));
  }
  if (!message.isEmpty) yield message.finish();
}

export interface RefusalOptions {
  /** Offset behind the question. */
  readonly questionEnd: number;
  readonly rcode: number;
  /** An OPT record, for a client that sent one. */
  readonly opt?: Buffer | undefined;
}

/** The response to a request that gets nothing: its question and the rcode. */
export function encodeRefusal(request: Buffer, { questionEnd, rcode, opt }: RefusalOptions): Buffer {
  const bytes = Buffer.concat([request.subarray(0, questionEnd), opt ?? Buffer.alloc(0)]);
  bytes.writeUInt8((bytes.readUInt8(2) & (FLAG.opcode | FLAG.recursionDesired)) | FLAG.response, 2);
  bytes.writeUInt8(rcode, 3);
  bytes.fill(0, 6, HEADER_SIZE);
  if (opt !== undefined) bytes.writeUInt16BE(1, 10);
  return bytes;
}

interface PackingOptions {
  readonly isFirst: boolean;
  readonly opt?: Buffer | undefined;
}

/** Name, type and class of a question behind its name; type, class, TTL and length of a record behind its owner, octets. */
const QUESTION_FIELDS = 4;
const RECORD_FIELDS = 10;

/** A message that is being filled. */
class Packing {
  readonly #parts: Buffer[] = [];
  readonly #zone: Buffer | undefined;
  readonly #opt: Buffer | undefined;
  #count = 0;
  /** Octets so far, with what comes last. */
  size: number;

  constructor({ id, octets, recursionDesired }: TransferQuestion, { isFirst, opt }: PackingOptions) {
    const header = Buffer.alloc(HEADER_SIZE);
    header.writeUInt16BE(id, 0);
    header.writeUInt8(FLAG.response | FLAG.authoritative | (recursionDesired ? FLAG.recursionDesired : 0), 2);
    header.writeUInt16BE(isFirst ? 1 : 0, 4);
    header.writeUInt16BE(opt === undefined ? 0 : 1, 10);
    this.#parts.push(header, ...(isFirst ? [octets] : []));
    this.#zone = isFirst ? octets.subarray(0, octets.length - QUESTION_FIELDS) : undefined;
    this.#opt = opt;
    this.size = HEADER_SIZE + (isFirst ? octets.length : 0) + (opt?.length ?? 0);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  encode({ owner, type, ttlSeconds, data }: FlatRecord): Buffer {
    const keep = this.#zone === undefined ? undefined : labelsBefore(owner, this.#zone);
    const nameSize = keep === undefined ? owner.length : keep + 2;
    const bytes = Buffer.allocUnsafe(nameSize + RECORD_FIELDS + data.length);
    owner.copy(bytes, 0, 0, keep);
    if (keep !== undefined) bytes.writeUInt16BE(QUESTION_POINTER, keep);
    bytes.writeUInt16BE(type, nameSize);
    bytes.writeUInt16BE(CLASS_IN, nameSize + 2);
    bytes.writeUInt32BE(ttlSeconds, nameSize + 4);
    bytes.writeUInt16BE(data.length, nameSize + 8);
    data.copy(bytes, nameSize + RECORD_FIELDS);
    return bytes;
  }

  add(record: Buffer): void {
    this.#parts.push(record);
    this.#count += 1;
    this.size += record.length;
  }

  finish(): Buffer {
    if (this.size > TCP_CAP) throw new RangeError(`a record of ${this.size} octets fits no message`);
    this.#parts[0]?.writeUInt16BE(this.#count, 6);
    return Buffer.concat(this.#opt === undefined ? this.#parts : [...this.#parts, this.#opt]);
  }
}

/** Octets of a name before the zone's, when it ends in just these octets: names keep their case (RFC 5936 section 3.4). */
function labelsBefore(owner: Buffer, zone: Buffer): number | undefined {
  let at = 0;
  while (owner.length - at > zone.length) at += 1 + owner.readUInt8(at);
  return owner.subarray(at).equals(zone) ? at : undefined;
}
