import { CLASS_IN, FLAG, HEADER_SIZE, MAX_LABEL, TYPE } from './constants.ts';
import { encodeName } from './names.ts';

/** A query with one question; undefined when the name is none. */
export function encodeQuery(name: string, type: number, id: number): Buffer | undefined {
  const wire = encodeName(name);
  if (wire === undefined) return undefined;
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(1, 4);
  const question = Buffer.alloc(4);
  question.writeUInt16BE(type, 0);
  question.writeUInt16BE(CLASS_IN, 2);
  return Buffer.concat([header, wire, question]);
}

export interface ShortResponse {
  readonly id: number;
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: number;
  /** The character-strings of the first answer, when it is a TXT record. */
  readonly texts: readonly string[];
}

/** Reads what our own questions need of a response; undefined when it is no response or does not hold together. */
export function decodeResponse(message: Buffer): ShortResponse | undefined {
  if (message.length < HEADER_SIZE || (message.readUInt8(2) & FLAG.response) === 0) return undefined;
  const head = {
    id: message.readUInt16BE(0),
    rcode: message.readUInt8(3) & 0x0f,
    authoritative: (message.readUInt8(2) & FLAG.authoritative) !== 0,
    answers: message.readUInt16BE(6),
  };
  if (head.answers === 0) return { ...head, texts: [] };
  if (message.readUInt16BE(4) !== 1) return undefined;
  const questionEnd = nameEnd(message, HEADER_SIZE);
  const recordStart = questionEnd === undefined ? undefined : nameEnd(message, questionEnd + 4);
  if (recordStart === undefined || recordStart + 10 > message.length) return undefined;
  const end = recordStart + 10 + message.readUInt16BE(recordStart + 8);
  if (end > message.length) return undefined;
  const isText = message.readUInt16BE(recordStart) === TYPE.TXT;
  return { ...head, texts: isText ? characterStrings(message.subarray(recordStart + 10, end)) : [] };
}

function nameEnd(message: Buffer, start: number): number | undefined {
  for (let at = start; at < message.length; ) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
    if (length > MAX_LABEL) return undefined;
  }
  return undefined;
}

function characterStrings(data: Buffer): readonly string[] {
  const strings: string[] = [];
  for (let at = 0; at < data.length; ) {
    const end = at + 1 + data.readUInt8(at);
    strings.push(data.toString('latin1', at + 1, end));
    at = end;
  }
  return strings;
}
