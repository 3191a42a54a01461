import { type SipKey, sipHash24, sipKey } from './siphash.ts';

/**
 * What a cookie option says of who sends it. `client-only`: the first half, as of one that asks for the first time.
 * `valid`: our own server cookie, back from that address. `stale`: the same, but due to be replaced. `bad`: not ours,
 * or of another address, or too old.
 */
export type CookieVerdict = 'client-only' | 'valid' | 'stale' | 'bad';

export interface CookieJarOptions {
  /** 16 octets each. The first one signs; all of them are good to verify, so that secrets can be rotated. */
  readonly secrets: readonly Uint8Array[];
  /** Seconds since the epoch. */
  readonly now: () => number;
}

const CLIENT_COOKIE = 8;
/** Version, three reserved octets, time, and a hash of 8 octets (RFC 9018 section 4). */
const SERVER_COOKIE = 16;
const WHOLE_COOKIE = CLIENT_COOKIE + SERVER_COOKIE;
/** Client cookie, version, reserved and time: what is hashed before the client's address. */
const SIGNED = 16;
const TIME_AT = 12;
const VERSION = 1;

/** Limits of age (RFC 9018 section 4.3). */
const REPLACED_AFTER_SECONDS = 30 * 60;
const EXPIRED_AFTER_SECONDS = 60 * 60;
const AHEAD_SECONDS = 5 * 60;

/** Makes and verifies server cookies that any server with the same secrets understands (RFC 7873, RFC 9018). */
export class CookieJar {
  readonly #keys: readonly SipKey[];
  readonly #signing: SipKey;
  readonly #now: () => number;
  /** Nothing is kept in these from one call to the next. */
  readonly #ofIpv4 = new Uint8Array(SIGNED + 4);
  readonly #ofIpv6 = new Uint8Array(SIGNED + 16);
  readonly #digest = new Uint8Array(8);

  constructor({ secrets, now }: CookieJarOptions) {
    this.#keys = secrets.map(sipKey);
    const [signing] = this.#keys;
    if (signing === undefined) throw new RangeError('a cookie jar needs at least one secret');
    this.#signing = signing;
    this.#now = now;
  }

  /** `cookie` is the content of the option, 8 or 16 to 40 octets; the client's address has 4 octets or 16. */
  verify(cookie: Uint8Array, clientAddress: Uint8Array): CookieVerdict {
    if (cookie.length === CLIENT_COOKIE) return 'client-only';
    if (cookie.length !== WHOLE_COOKIE || cookie[CLIENT_COOKIE] !== VERSION) return 'bad';
    // Serial number arithmetic (RFC 1982): the 32 bits of the time begin anew in 2106.
    const age = (this.#now() - readTime(cookie)) | 0;
    if (age > EXPIRED_AFTER_SECONDS || age < -AHEAD_SECONDS) return 'bad';
    if (!this.#isSigned(cookie, clientAddress)) return 'bad';
    return age > REPLACED_AFTER_SECONDS ? 'stale' : 'valid';
  }

  /** Writes 16 octets of server cookie, for the client cookie that `cookie` begins with. */
  make(cookie: Uint8Array, clientAddress: Uint8Array, { target, at }: { target: Uint8Array; at: number }): void {
    const message = this.#messageFor(clientAddress);
    for (let index = 0; index < CLIENT_COOKIE; index += 1) message[index] = cookie[index] ?? 0;
    message[CLIENT_COOKIE] = VERSION;
    // Three octets: a loop saves 50 ns against `fill`.
    for (let index = CLIENT_COOKIE + 1; index < TIME_AT; index += 1) message[index] = 0;
    writeTime(message, this.#now());
    sipHash24(this.#signing, message, this.#digest);
    for (let index = 0; index < 8; index += 1) {
      target[at + index] = message[CLIENT_COOKIE + index] ?? 0;
      target[at + 8 + index] = this.#digest[index] ?? 0;
    }
  }

  /** The reserved octets count as they came: another server may have put something there (RFC 9018 section 4.2). */
  #isSigned(cookie: Uint8Array, clientAddress: Uint8Array): boolean {
    const message = this.#messageFor(clientAddress);
    for (let index = 0; index < SIGNED; index += 1) message[index] = cookie[index] ?? 0;
    for (const key of this.#keys) {
      sipHash24(key, message, this.#digest);
      if (this.#isDigest(cookie)) return true;
    }
    return false;
  }

  /** In the same time wherever the first difference is. */
  #isDigest(cookie: Uint8Array): boolean {
    let different = 0;
    for (let index = 0; index < 8; index += 1) {
      different |= (cookie[SIGNED + index] ?? 0) ^ (this.#digest[index] ?? 0);
    }
    return different === 0;
  }

  #messageFor(clientAddress: Uint8Array): Uint8Array {
    const message = clientAddress.length === 4 ? this.#ofIpv4 : this.#ofIpv6;
    for (let index = 0; index < clientAddress.length; index += 1) message[SIGNED + index] = clientAddress[index] ?? 0;
    return message;
  }
}

function readTime(octets: Uint8Array): number {
  let time = 0;
  for (let index = TIME_AT; index < SIGNED; index += 1) time = (time << 8) | (octets[index] ?? 0);
  return time;
}

function writeTime(octets: Uint8Array, time: number): void {
  for (let index = SIGNED - 1, rest = time; index >= TIME_AT; index -= 1, rest >>>= 8) octets[index] = rest;
}
