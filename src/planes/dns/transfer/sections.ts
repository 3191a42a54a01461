import { HEADER_SIZE, MAX_LABEL, MAX_NAME } from '../wire/constants.ts';

/** Where a record lies in a message. */
export interface RecordPlace {
  readonly start: number;
  readonly type: number;
  /** Offset of the type, behind the owner. */
  readonly ownerEnd: number;
  readonly dataStart: number;
  readonly end: number;
}

/** Type, class, TTL and length of data, octets. */
const FIXED_FIELDS = 10;
/** From here on a length octet begins a pointer (RFC 1035 section 4.1.4). */
const POINTER = 0xc0;

/** The record that begins at an offset; undefined when the message ends before it does. */
export function recordAt(message: Buffer, start: number): RecordPlace | undefined {
  const ownerEnd = nameEnd(message, start);
  if (ownerEnd === undefined || ownerEnd + FIXED_FIELDS > message.length) return undefined;
  const dataStart = ownerEnd + FIXED_FIELDS;
  const end = dataStart + message.readUInt16BE(ownerEnd + 8);
  return end > message.length ? undefined : { start, type: message.readUInt16BE(ownerEnd), ownerEnd, dataStart, end };
}

/** Offset behind the questions, for as many as the header counts. */
export function questionsEnd(message: Buffer): number | undefined {
  let at = HEADER_SIZE;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) {
    const end = nameEnd(message, at);
    if (end === undefined || end + 4 > message.length) return undefined;
    at = end + 4;
  }
  return at;
}

/** Offset behind a name that may end in a pointer, which is not followed. */
export function nameEnd(message: Buffer, start: number): number | undefined {
  const end = labelsEnd(message, start);
  if (end === undefined) return undefined;
  return message[end] === 0 ? end + 1 : end + 2;
}

/** Offset behind a name without a pointer; undefined for one with. */
export function plainNameEnd(message: Buffer, start: number): number | undefined {
  const end = labelsEnd(message, start);
  return end !== undefined && message[end] === 0 ? end + 1 : undefined;
}

/** Offset of what ends a run of labels: the root's zero or a pointer. */
function labelsEnd(message: Buffer, start: number): number | undefined {
  for (let at = start; at < message.length && at - start < MAX_NAME; ) {
    const length = message.readUInt8(at);
    if (length === 0 || length >= POINTER) return at;
    if (length > MAX_LABEL) return undefined;
    at += 1 + length;
  }
  return undefined;
}
