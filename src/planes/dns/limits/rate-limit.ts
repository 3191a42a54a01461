import { randomBytes } from 'node:crypto';
import { type HashWords, halfSipHash13 } from './half-siphash.ts';
import { Networks } from './networks.ts';

/** What to do with a response: send it, send it empty and truncated so that a real client asks by TCP, or not at all. */
export type Verdict = 'send' | 'truncate' | 'drop';

export interface RateLimiterOptions {
  /** For one kind of response to one network; as many again may go at once after a quiet second. */
  readonly responsesPerSecond: number;
  /** Of so many limited responses in a row one is truncated instead of dropped; 1 truncates all, 0 none. */
  readonly slip: number;
  /** Networks that are never limited, as CIDRs. */
  readonly exempt: readonly string[];
  /** Places for buckets: a power of two. */
  readonly slots?: number;
  /** Milliseconds of a clock that is not set, such as `performance.now`; read once a response. */
  readonly now: () => number;
  /** Makes places in the table repeatable; random by default, so that nobody can aim at them. */
  readonly seed?: readonly [number, number];
}

export const MAX_RESPONSES_PER_SECOND = 1_000_000_000;
export const MAX_SLIP = 100;
/** 2 MiB. */
const DEFAULT_SLOTS = 65_536;
const MAX_SLOTS = 2 ** 24;
/** A bucket has its place in one set of so many slots. */
const WAYS = 4;
/** A slot as places in `#keys`: four words, and room for the bucket. */
const KEY_WORDS = 8;
const ACCOUNT = 0;
const PREFIX = 1;
const REST = 2;
const DROPPED = 3;
/** The same slot as places in `#buckets`: room for the key, and two numbers. */
const BUCKET_NUMBERS = 4;
const CREDIT = 2;
const TIME = 3;
/** Credit is counted in thousandths of a response, so that a whole millisecond earns a whole number: the rate. */
const RESPONSE = 1_000;

/**
 * Response rate limiting against reflection: one token bucket for each client network (/24 or /56) and account, which
 * is what the caller counts as the same response. The table has a fixed size and is probed at four slots, whatever
 * strangers ask.
 */
export class RateLimiter {
  readonly #rate: number;
  readonly #slip: number;
  readonly #exempt: Networks;
  readonly #now: () => number;
  readonly #hash: HashWords;
  readonly #sets: number;
  /**
   * Whose bucket a slot holds, four words each: account, first 32 bits of the network, the rest of it above its family (0 in
   * a slot that was never used), and limited responses since the last truncated one.
   */
  readonly #keys: Int32Array;
  /** In thousandths of a response, and as of when: two numbers a slot. Beside its key: saves 50 ns with 10,000 names. */
  readonly #buckets: Float64Array;
  #size = 0;
  #limited = 0;

  constructor(options: RateLimiterOptions) {
    const { slots = DEFAULT_SLOTS, seed = randomSeed() } = options;
    requireWhole('responsesPerSecond', options.responsesPerSecond, { least: 1, most: MAX_RESPONSES_PER_SECOND });
    requireWhole('slip', options.slip, { least: 0, most: MAX_SLIP });
    if (!Number.isInteger(Math.log2(slots)) || slots < WAYS || slots > MAX_SLOTS) {
      throw new RangeError(`slots is ${slots}; allowed: a power of two from ${WAYS} to ${MAX_SLOTS}`);
    }
    this.#rate = options.responsesPerSecond;
    this.#slip = options.slip;
    this.#exempt = Networks.parse(options.exempt);
    this.#now = options.now;
    this.#hash = halfSipHash13(seed);
    this.#sets = slots / WAYS;
    this.#buckets = new Float64Array(slots * BUCKET_NUMBERS);
    this.#keys = new Int32Array(this.#buckets.buffer);
    // Unused since for ever, which makes them full.
    for (let slot = 0; slot < slots; slot += 1) this.#buckets[slot * BUCKET_NUMBERS + TIME] = Number.NEGATIVE_INFINITY;
  }

  /** Slots in use: they are taken over, never freed. */
  get size(): number {
    return this.#size;
  }

  /** Responses that were not to be sent in full. */
  get limited(): number {
    return this.#limited;
  }

  /** `account` is a 32-bit hash of what is answered: the kind of response, and the name that it is charged to. */
  check(octets: Uint8Array, family: 4 | 6, account: number): Verdict {
    if (this.#exempt.has(octets, family)) return 'send';
    const now = this.#now();
    const slot = this.#slotFor(octets, family, account | 0, now);
    const credit = this.#creditOf(slot, now);
    const bucket = slot * BUCKET_NUMBERS;
    this.#buckets[bucket + TIME] = now;
    if (credit >= RESPONSE) {
      this.#buckets[bucket + CREDIT] = credit - RESPONSE;
      return 'send';
    }
    this.#buckets[bucket + CREDIT] = credit;
    this.#limited += 1;
    return this.#slipOf(slot);
  }

  #slipOf(slot: number): Verdict {
    if (this.#slip === 0) return 'drop';
    const at = slot * KEY_WORDS + DROPPED;
    const dropped = (this.#keys[at] ?? 0) + 1;
    this.#keys[at] = dropped < this.#slip ? dropped : 0;
    return dropped < this.#slip ? 'drop' : 'truncate';
  }

  /** A clock that goes back earns nothing; time goes on from where it is now. */
  #creditOf(slot: number, now: number): number {
    const bucket = slot * BUCKET_NUMBERS;
    const elapsed = Math.max(0, now - (this.#buckets[bucket + TIME] ?? 0));
    return Math.min(this.#rate * RESPONSE, (this.#buckets[bucket + CREDIT] ?? 0) + elapsed * this.#rate);
  }

  /** Four parameters and no options object, which would be made for every response. */
  #slotFor(octets: Uint8Array, family: 4 | 6, account: number, now: number): number {
    const prefix = bits24(octets, 0) | (family === 4 ? 0 : (octets[3] ?? 0));
    const rest = family | (family === 4 ? 0 : bits24(octets, 4));
    const first = (this.#hash(prefix, rest, account) & (this.#sets - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot += 1) {
      const key = slot * KEY_WORDS;
      const isIts =
        this.#keys[key + ACCOUNT] === account && this.#keys[key + PREFIX] === prefix && this.#keys[key + REST] === rest;
      if (isIts) return slot;
    }
    const slot = this.#fullestOf(first, now);
    const key = slot * KEY_WORDS;
    if (this.#keys[key + REST] === 0) this.#size += 1;
    this.#keys[key + ACCOUNT] = account;
    this.#keys[key + PREFIX] = prefix;
    this.#keys[key + REST] = rest;
    this.#keys[key + DROPPED] = 0;
    return slot;
  }

  /**
   * A full bucket knows nothing worth keeping, and one that is nearly empty holds off a flood. Who takes a bucket over
   * has its credit too, so that a set of slots never lets more through than its buckets, however many share it.
   */
  #fullestOf(first: number, now: number): number {
    let fullest = first;
    let most = this.#creditOf(first, now);
    for (let slot = first + 1; slot < first + WAYS; slot += 1) {
      const credit = this.#creditOf(slot, now);
      const isStaler = this.#timeOf(slot) < this.#timeOf(fullest);
      if (credit < most || (credit === most && !isStaler)) continue;
      fullest = slot;
      most = credit;
    }
    return fullest;
  }

  #timeOf(slot: number): number {
    return this.#buckets[slot * BUCKET_NUMBERS + TIME] ?? 0;
  }
}

/** Three octets as the upper bits of a word. */
function bits24(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 24) | ((octets[at + 1] ?? 0) << 16) | ((octets[at + 2] ?? 0) << 8);
}

function randomSeed(): [number, number] {
  const octets = randomBytes(8);
  return [octets.readInt32LE(0), octets.readInt32LE(4)];
}

function requireWhole(name: string, found: number, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(found) && found >= least && found <= most) return;
  throw new RangeError(`${name} is ${found}; allowed: a whole number from ${least} to ${most}`);
}
