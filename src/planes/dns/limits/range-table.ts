/** The result of an address that is in no network. */
export const NO_MATCH = -1;

export interface Ranges {
  /** 32-bit words of an address: 1 for IPv4, 4 for IPv6. */
  readonly words: number;
  /** First address of each range, in order. That of range 0 is the lowest there is. */
  readonly starts: Uint32Array;
  /** One a range, never the same for two neighbours. */
  readonly results: Int32Array;
}

/**
 * Answers for the addresses of one family, as ranges: the space of addresses is cut where the answer changes, and
 * searched by halves. That is compact (8 octets a range of IPv4, 20 of IPv6), and the ends of a range tell exactly how
 * many leading bits of an address decide its answer.
 */
export class RangeTable {
  readonly #words: number;
  readonly #starts: Uint32Array;
  readonly #results: Int32Array;
  /** Nothing is kept in these from one call to the next. */
  readonly #address: Uint32Array;
  readonly #below: Uint32Array;

  constructor({ words, starts, results }: Ranges) {
    this.#words = words;
    this.#starts = starts;
    this.#results = results;
    this.#address = new Uint32Array(words);
    this.#below = new Uint32Array(words);
  }

  /** The range of an address. */
  find(octets: Uint8Array): number {
    for (let word = 0; word < this.#words; word += 1) this.#address[word] = wordOf(octets, word);
    let found = 0;
    let end = this.#results.length;
    while (end - found > 1) {
      const middle = (found + end) >>> 1;
      if (this.#beginsBehind(middle)) end = middle;
      else found = middle;
    }
    return found;
  }

  result(range: number): number {
    return this.#results[range] ?? NO_MATCH;
  }

  /** Length of the shortest prefix of the address just found, all of whose addresses are in the same range. */
  decisiveBits(range: number): number {
    const below = range === 0 ? 0 : this.#commonBits(this.#lastBefore(range), 0) + 1;
    const above =
      range === this.#results.length - 1 ? 0 : this.#commonBits(this.#starts, (range + 1) * this.#words) + 1;
    return Math.max(below, above);
  }

  #beginsBehind(range: number): boolean {
    const at = range * this.#words;
    for (let word = 0; word < this.#words; word += 1) {
      const start = this.#starts[at + word] ?? 0;
      const address = this.#address[word] ?? 0;
      if (start !== address) return start > address;
    }
    return false;
  }

  /** The address one below the first of a range. */
  #lastBefore(range: number): Uint32Array {
    const at = range * this.#words;
    let borrow = 1;
    for (let word = this.#words - 1; word >= 0; word -= 1) {
      const start = this.#starts[at + word] ?? 0;
      this.#below[word] = start - borrow;
      borrow = start < borrow ? 1 : 0;
    }
    return this.#below;
  }

  /** Leading bits that the address has in common with another one, which lies at `at`. */
  #commonBits(other: Uint32Array, at: number): number {
    for (let word = 0; word < this.#words; word += 1) {
      const difference = (this.#address[word] ?? 0) ^ (other[at + word] ?? 0);
      if (difference !== 0) return word * 32 + Math.clz32(difference);
    }
    return this.#words * 32;
  }
}

/** One 32-bit word of an address, unsigned. */
export function wordOf(octets: Uint8Array, word: number): number {
  const at = word * 4;
  const high = ((octets[at] ?? 0) << 24) | ((octets[at + 1] ?? 0) << 16);
  return (high | ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0)) >>> 0;
}
