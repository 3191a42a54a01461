import { createHmac, timingSafeEqual } from 'node:crypto';
import { TCP_CAP } from '../wire/constants.ts';
import { TSIG_ALGORITHMS, type TsigKey } from './keys.ts';
import {
  encodeTsig,
  type FoundTsig,
  findTsig,
  TSIG_ERROR,
  type TsigRecord,
  timers,
  tsigVariables,
  uint16,
  uint48,
} from './tsig-record.ts';

export type Verified =
  | { readonly kind: 'verified'; readonly key: TsigKey; readonly mac: Buffer }
  /** No possible MAC: FORMERR (RFC 8945 section 5.2.2.1). */
  | { readonly kind: 'malformed' }
  | TsigRefusal;

/** NOTAUTH, with one of TSIG_ERROR in the TSIG record of the response. */
export interface TsigRefusal {
  readonly kind: 'refused';
  readonly error: number;
  readonly tsig: TsigRecord;
  /** Known when the MAC was right and something else was not: the response is signed with it (RFC 8945 section 5.3.2). */
  readonly key?: TsigKey;
}

export interface VerifyOptions {
  readonly keys: readonly TsigKey[];
  readonly nowSeconds: number;
  /** For a response: the MAC of what it answers. */
  readonly requestMac?: Buffer;
}

/** What a MAC covers besides the message itself (RFC 8945 sections 4.3 and 5.3). */
export type SignContext =
  | { readonly kind: 'request' }
  | { readonly kind: 'response'; readonly requestMac: Buffer }
  /** The second and later messages of a stream. */
  | { readonly kind: 'continuation'; readonly previousMac: Buffer };

export interface SignOptions {
  readonly key: TsigKey;
  readonly context: SignContext;
  readonly nowSeconds: number;
  readonly fudgeSeconds?: number;
  readonly error?: number;
  readonly otherData?: Buffer;
}

export interface Signed {
  readonly message: Buffer;
  readonly mac: Buffer;
}

/** Whether a request was signed, and what its response needs to be signed in turn. */
export type Authentication = { readonly kind: 'unsigned' } | Verified;

/** RFC 8945 section 10. */
const FUDGE_SECONDS = 300;
/** The shortest MAC that is worth a look, octets (RFC 8945 section 5.2.2.1). */
const MIN_MAC_SIZE = 10;
const NO_OCTETS = Buffer.alloc(0);
const ADDITIONAL_COUNT = 10;

/** Finds out who sent a request. `malformed` is answered with FORMERR, `refused` with NOTAUTH. */
export function authenticate(message: Buffer, options: VerifyOptions): Authentication {
  const tsig = findTsig(message);
  if (tsig === 'none') return { kind: 'unsigned' };
  return tsig === 'malformed' ? { kind: 'malformed' } : verifyTsig(message, tsig, options);
}

/** Key, MAC, time, truncation, in the order of RFC 8945 section 5.2. */
export function verifyTsig(
  message: Buffer,
  tsig: FoundTsig,
  { keys, nowSeconds, requestMac }: VerifyOptions,
): Verified {
  const key = keys.find((one) => one.wireName.equals(tsig.keyName));
  if (key === undefined || !TSIG_ALGORITHMS[key.algorithm].wireName.equals(tsig.algorithm)) {
    return { kind: 'refused', error: TSIG_ERROR.BADKEY, tsig };
  }
  const { macSize } = TSIG_ALGORITHMS[key.algorithm];
  if (tsig.mac.length > macSize || tsig.mac.length < Math.max(MIN_MAC_SIZE, macSize / 2)) return { kind: 'malformed' };
  const covered = [prefixed(requestMac), unsigned(message, tsig), tsigVariables(tsig)];
  const expected = macOf(key, covered).subarray(0, tsig.mac.length);
  if (!timingSafeEqual(expected, tsig.mac)) return { kind: 'refused', error: TSIG_ERROR.BADSIG, tsig };
  if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudgeSeconds) {
    return { kind: 'refused', error: TSIG_ERROR.BADTIME, tsig, key };
  }
  // Nobody needs short MACs here; who may use them may guess them.
  if (tsig.mac.length < macSize) return { kind: 'refused', error: TSIG_ERROR.BADTRUNC, tsig, key };
  return { kind: 'verified', key, mac: tsig.mac };
}

/** Appends a TSIG record to a message that has none. Throws RangeError when that makes it too large for TCP. */
export function signMessage(message: Buffer, options: SignOptions): Signed {
  const { key, context, nowSeconds, fudgeSeconds = FUDGE_SECONDS, error = 0, otherData = NO_OCTETS } = options;
  const tsig = {
    keyName: key.wireName,
    algorithm: TSIG_ALGORITHMS[key.algorithm].wireName,
    timeSigned: nowSeconds,
    fudgeSeconds,
    originalId: message.readUInt16BE(0),
    error,
    otherData,
    mac: NO_OCTETS,
  };
  const mac = macOf(key, [...before(context), message, behind(context, tsig)]);
  return { message: withTsig(message, { ...tsig, mac }), mac };
}

/**
 * Makes a response to a request as trustworthy as the request was: unsigned, signed, or with the TSIG error that tells why
 * its rcode is NOTAUTH.
 */
export function signResponse(response: Buffer, authentication: Authentication, nowSeconds: number): Buffer {
  switch (authentication.kind) {
    case 'unsigned':
    case 'malformed':
      return response;
    case 'verified': {
      const { key, mac } = authentication;
      return signMessage(response, { key, nowSeconds, context: { kind: 'response', requestMac: mac } }).message;
    }
    case 'refused':
      return signRefusal(response, authentication, nowSeconds);
    default:
      return authentication satisfies never;
  }
}

/** Signs each message of a stream, and so that none can be left out (RFC 8945 section 5.3.1). */
export function* signStream(
  messages: Iterable<Buffer>,
  authentication: Authentication,
  nowSeconds: number,
): Generator<Buffer> {
  if (authentication.kind !== 'verified') {
    yield* messages;
    return;
  }
  const { key, mac } = authentication;
  let context: SignContext = { kind: 'response', requestMac: mac };
  for (const message of messages) {
    const signed = signMessage(message, { key, nowSeconds, context });
    context = { kind: 'continuation', previousMac: signed.mac };
    yield signed.message;
  }
}

/** All of a TSIG record besides its names and its MAC, octets. */
const FIXED_SIZE = 26;

/** Octets that a response grows by when it is signed. */
export function tsigSize(authentication: Authentication): number {
  if (authentication.kind !== 'verified') return 0;
  const { wireName, algorithm } = authentication.key;
  const { wireName: algorithmName, macSize } = TSIG_ALGORITHMS[algorithm];
  return wireName.length + algorithmName.length + macSize + FIXED_SIZE;
}

/** Signed only when the client's MAC was right (RFC 8945 section 5.3.2). */
function signRefusal(response: Buffer, { key, tsig, error }: TsigRefusal, nowSeconds: number): Buffer {
  const unsignedTsig = { ...tsig, error, mac: NO_OCTETS, otherData: NO_OCTETS, timeSigned: nowSeconds };
  if (key === undefined) return withTsig(response, unsignedTsig);
  const context = { kind: 'response', requestMac: tsig.mac } as const;
  if (error !== TSIG_ERROR.BADTIME) return signMessage(response, { key, context, nowSeconds, error }).message;
  // The client's own time, so that the client can verify it; ours is in the other data (RFC 8945 section 5.2.3).
  const { timeSigned, fudgeSeconds } = tsig;
  const options = { key, context, nowSeconds: timeSigned, fudgeSeconds, error, otherData: uint48(nowSeconds) };
  return signMessage(response, options).message;
}

function withTsig(message: Buffer, tsig: TsigRecord): Buffer {
  const whole = Buffer.concat([message, encodeTsig(tsig)]);
  if (whole.length > TCP_CAP) throw new RangeError(`a message of ${message.length} octets leaves no room for TSIG`);
  whole.writeUInt16BE(whole.readUInt16BE(ADDITIONAL_COUNT) + 1, ADDITIONAL_COUNT);
  return whole;
}

/** A message without its TSIG record, under the id that it came with; one that has none as it is. */
export function withoutTsig(message: Buffer): Buffer {
  const tsig = findTsig(message);
  if (typeof tsig === 'string') return message;
  return unsigned(message, { ...tsig, originalId: message.readUInt16BE(0) });
}

/** The message as it was before it was signed. */
function unsigned(message: Buffer, { start, originalId }: FoundTsig): Buffer {
  const copy = Buffer.from(message.subarray(0, start));
  copy.writeUInt16BE(originalId, 0);
  copy.writeUInt16BE(copy.readUInt16BE(ADDITIONAL_COUNT) - 1, ADDITIONAL_COUNT);
  return copy;
}

function before(context: SignContext): readonly Buffer[] {
  switch (context.kind) {
    case 'request':
      return [];
    case 'response':
      return [prefixed(context.requestMac)];
    case 'continuation':
      return [prefixed(context.previousMac)];
    default:
      return context satisfies never;
  }
}

function behind({ kind }: SignContext, tsig: TsigRecord): Buffer {
  return kind === 'continuation' ? timers(tsig) : tsigVariables(tsig);
}

/** An earlier MAC is covered with its length before it (RFC 8945 section 5.3). */
function prefixed(mac: Buffer | undefined): Buffer {
  return mac === undefined ? NO_OCTETS : Buffer.concat([uint16(mac.length), mac]);
}

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(TSIG_ALGORITHMS[algorithm].hash, secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}
