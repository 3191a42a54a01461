import { HEADER_SIZE, TYPE } from '../wire/constants.ts';
import { nameKey, nameWire } from '../wire/names.ts';
import { plainNameEnd, questionsEnd, type RecordPlace, recordAt } from './sections.ts';

/** What a TSIG record says (RFC 8945 section 4.2). */
export interface TsigRecord {
  /** Wire form, letters folded: so it is signed. */
  readonly keyName: Buffer;
  readonly algorithm: Buffer;
  /** Seconds since the epoch, 48 bits. */
  readonly timeSigned: number;
  /** How far clocks may be apart, seconds. */
  readonly fudgeSeconds: number;
  readonly mac: Buffer;
  /** The id of the message when it was signed; a forwarder may have changed it since. */
  readonly originalId: number;
  readonly error: number;
  readonly otherData: Buffer;
}

/** A TSIG record, and where it begins in its message. */
export interface FoundTsig extends TsigRecord {
  readonly start: number;
}

/** The errors of the error field (RFC 8945 section 3). */
export const TSIG_ERROR = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;

export const CLASS_ANY = 255;
const ADDITIONAL_COUNT = 10;
/** Time, fudge and MAC size; original id, error and size of other data, octets. */
const BEFORE_MAC = 10;
const BEHIND_MAC = 6;

/**
 * The TSIG record that ends a message. `malformed` when one is elsewhere, is not the only one or is damaged (RFC 8945
 * section 5.1), or when the message does not hold the records that it counts. One pass, no pointer followed.
 */
export function findTsig(message: Buffer): FoundTsig | 'none' | 'malformed' {
  if (message.length < HEADER_SIZE) return 'malformed';
  let at = questionsEnd(message);
  const additionals = message.readUInt16BE(ADDITIONAL_COUNT);
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + additionals;
  let last: RecordPlace | undefined;
  for (let index = 0; index < count && at !== undefined; index += 1) {
    if (last?.type === TYPE.TSIG) return 'malformed';
    last = recordAt(message, at);
    at = last?.end;
  }
  if (at !== message.length) return 'malformed';
  if (last?.type !== TYPE.TSIG) return 'none';
  return additionals === 0 ? 'malformed' : (readTsig(message, last) ?? 'malformed');
}

/** The whole record, its owner not compressed. */
export function encodeTsig(tsig: TsigRecord): Buffer {
  const data = Buffer.concat([
    tsig.algorithm,
    timers(tsig),
    uint16(tsig.mac.length),
    tsig.mac,
    uint16(tsig.originalId, tsig.error, tsig.otherData.length),
    tsig.otherData,
  ]);
  return Buffer.concat([tsig.keyName, uint16(TYPE.TSIG, CLASS_ANY, 0, 0, data.length), data]);
}

/** The fields that are signed besides the message (RFC 8945 section 4.3.3). */
export function tsigVariables(tsig: TsigRecord): Buffer {
  return Buffer.concat([
    tsig.keyName,
    uint16(CLASS_ANY, 0, 0),
    tsig.algorithm,
    timers(tsig),
    uint16(tsig.error, tsig.otherData.length),
    tsig.otherData,
  ]);
}

/** What stands for them from the second message of a stream on (RFC 8945 section 5.3.1). */
export function timers({ timeSigned, fudgeSeconds }: Pick<TsigRecord, 'timeSigned' | 'fudgeSeconds'>): Buffer {
  return Buffer.concat([uint48(timeSigned), uint16(fudgeSeconds)]);
}

export function uint16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}

export function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

function readTsig(message: Buffer, place: RecordPlace): FoundTsig | undefined {
  const { start, ownerEnd, dataStart, end } = place;
  // Class ANY, TTL 0 (RFC 8945 section 4.2). A name in it that is compressed cannot be signed as it stands.
  const usual = message.readUInt16BE(ownerEnd + 2) === CLASS_ANY && message.readUInt32BE(ownerEnd + 4) === 0;
  const algorithmEnd = plainNameEnd(message, dataStart);
  if (!usual || plainNameEnd(message, start) !== ownerEnd || algorithmEnd === undefined) return undefined;
  const macStart = algorithmEnd + BEFORE_MAC;
  if (macStart > end) return undefined;
  const macEnd = macStart + message.readUInt16BE(macStart - 2);
  const otherStart = macEnd + BEHIND_MAC;
  if (otherStart > end || otherStart + message.readUInt16BE(otherStart - 2) !== end) return undefined;
  return {
    start,
    keyName: foldedName(message, start, ownerEnd),
    algorithm: foldedName(message, dataStart, algorithmEnd),
    timeSigned: message.readUIntBE(algorithmEnd, 6),
    fudgeSeconds: message.readUInt16BE(algorithmEnd + 6),
    mac: message.subarray(macStart, macEnd),
    originalId: message.readUInt16BE(macEnd),
    error: message.readUInt16BE(macEnd + 2),
    otherData: message.subarray(otherStart, end),
  };
}

function foldedName(message: Buffer, start: number, end: number): Buffer {
  return nameWire(nameKey(message, start, end));
}
