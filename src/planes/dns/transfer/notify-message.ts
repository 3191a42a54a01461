import { randomInt } from 'node:crypto';
import { CLASS_IN, FLAG, HEADER_SIZE, QUESTION_POINTER, TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import type { TsigKey } from './keys.ts';
import { authenticate, signMessage } from './tsig.ts';
import { uint16 } from './tsig-record.ts';

/** A NOTIFY request as it is sent, and what tells its reply. */
export interface NotifyRequest {
  readonly message: Buffer;
  readonly id: number;
  readonly signature: { readonly key: TsigKey; readonly mac: Buffer } | undefined;
}

/** Why the news has not arrived. */
export type NotifyProblem =
  | { readonly kind: 'silent' }
  | { readonly kind: 'refused'; readonly rcode: number }
  /** The reply is not signed with the key. */
  | { readonly kind: 'untrusted' }
  /** This machine cannot send there; the system's error code. */
  | { readonly kind: 'unreachable'; readonly code: string };

/** RFC 1996 section 3.1, in the place of the opcode bits. */
const OPCODE_NOTIFY = 4 << 3;

/** NOTIFY with the new SOA as a hint (RFC 1996 section 3.7). */
export function notifyRequest(soa: FlatRecord, key: TsigKey | undefined, nowSeconds: number): NotifyRequest {
  const id = randomInt(0x1_0000);
  const { owner, ttlSeconds, data } = soa;
  const flags = (OPCODE_NOTIFY | FLAG.authoritative) << 8;
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(ttlSeconds);
  const plain = Buffer.concat([
    uint16(id, flags, 1, 1, 0, 0),
    owner,
    uint16(TYPE.SOA, CLASS_IN),
    uint16(QUESTION_POINTER, TYPE.SOA, CLASS_IN),
    ttl,
    uint16(data.length),
    data,
  ]);
  if (key === undefined) return { message: plain, id, signature: undefined };
  const { message, mac } = signMessage(plain, { key, nowSeconds, context: { kind: 'request' } });
  return { message, id, signature: { key, mac } };
}

/** What a message from the secondary means for a request; undefined when it is no reply to it. */
export function readNotifyReply(
  reply: Buffer,
  { id, signature }: NotifyRequest,
  nowSeconds: number,
): { readonly kind: 'acknowledged' } | NotifyProblem | undefined {
  if (reply.length < HEADER_SIZE || reply.readUInt16BE(0) !== id) return undefined;
  if ((reply.readUInt8(2) & (FLAG.response | FLAG.opcode)) !== (FLAG.response | OPCODE_NOTIFY)) return undefined;
  if (signature !== undefined) {
    const { key, mac } = signature;
    if (authenticate(reply, { keys: [key], nowSeconds, requestMac: mac }).kind !== 'verified') {
      return { kind: 'untrusted' };
    }
  }
  const rcode = reply.readUInt8(3) & 0x0f;
  return rcode === 0 ? { kind: 'acknowledged' } : { kind: 'refused', rcode };
}
