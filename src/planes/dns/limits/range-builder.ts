import { NO_MATCH, RangeTable, wordOf } from './range-table.ts';

/** An address as 32-bit words: 1 for IPv4, 4 for IPv6. */
type Words = readonly number[];

/** A network that the sweep is inside of. */
interface Opened {
  /** The address behind its last one; undefined when there is none. */
  readonly end: Words | undefined;
  readonly result: number;
}

/** Collects the networks of one family, and cuts the space of addresses where the longest match changes. */
export class RangeBuilder {
  readonly #words: number;
  /** First addresses of the networks, one behind the other: an object for each of a million would be too much. */
  readonly #firsts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #results: number[] = [];
  readonly #ranges: { starts: number[]; results: number[] } = { starts: [], results: [] };

  constructor(family: 4 | 6) {
    this.#words = family === 4 ? 1 : 4;
  }

  /** Of a network that is added twice the last result counts. */
  add(octets: Uint8Array, prefixLength: number, result: number): void {
    for (let word = 0; word < this.#words; word += 1) this.#firsts.push(wordOf(octets, word));
    this.#lengths.push(prefixLength);
    this.#results.push(result);
  }

  build(): RangeTable {
    this.#cut(
      Array.from({ length: this.#words }, () => 0),
      NO_MATCH,
    );
    /** The networks around the one that is looked at, innermost last. */
    const around: Opened[] = [];
    for (const network of this.#inOrder()) {
      const first = this.#firstOf(network);
      this.#closeBefore(first, around);
      const result = this.#results[network] ?? NO_MATCH;
      around.push({ end: this.#endOf(network), result });
      this.#cut(first, result);
    }
    this.#closeBefore(undefined, around);
    const { starts, results } = this.#ranges;
    return new RangeTable({
      words: this.#words,
      starts: Uint32Array.from(starts),
      results: Int32Array.from(results),
    });
  }

  /** By first address; outer networks before those inside them, earlier ones before later ones. */
  #inOrder(): Uint32Array {
    const [words, firsts, lengths] = [this.#words, this.#firsts, this.#lengths];
    return Uint32Array.from(lengths.keys()).sort((left, right) => {
      for (let word = 0; word < words; word += 1) {
        const difference = (firsts[left * words + word] ?? 0) - (firsts[right * words + word] ?? 0);
        if (difference !== 0) return difference;
      }
      return (lengths[left] ?? 0) - (lengths[right] ?? 0) || left - right;
    });
  }

  /** Leaves the networks that end before an address, or all; behind each the one around it goes on. */
  #closeBefore(address: Words | undefined, around: Opened[]): void {
    for (let inner = around.at(-1); inner !== undefined; inner = around.at(-1)) {
      const reaches = address !== undefined && (inner.end === undefined || isBelow(address, inner.end));
      if (reaches) return;
      around.pop();
      if (inner.end !== undefined) this.#cut(inner.end, around.at(-1)?.result ?? NO_MATCH);
    }
  }

  /** Begins a range; nothing is left of one that began at the same address. */
  #cut(start: Words, result: number): void {
    const { starts, results } = this.#ranges;
    if (results.length > 0 && !isBelow(starts.slice(-this.#words), start)) {
      for (let word = 0; word < this.#words; word += 1) starts.pop();
      results.pop();
    }
    if (results.at(-1) === result) return;
    starts.push(...start);
    results.push(result);
  }

  #firstOf(network: number): Words {
    return this.#firsts.slice(network * this.#words, (network + 1) * this.#words);
  }

  /** The address behind the last one of a network; undefined when there is none. */
  #endOf(network: number): Words | undefined {
    const end = [...this.#firstOf(network)];
    const length = this.#lengths[network] ?? 0;
    // The last bit of the prefix is what grows by one.
    let carried = 2 ** ((32 - (length % 32)) % 32);
    for (let word = Math.ceil(length / 32) - 1; word >= 0; word -= 1) {
      const sum = (end[word] ?? 0) + carried;
      end[word] = sum % 2 ** 32;
      if (sum < 2 ** 32) return end;
      carried = 1;
    }
    return undefined;
  }
}

function isBelow(left: Words, right: Words): boolean {
  for (let word = 0; word < left.length; word += 1) {
    const difference = (left[word] ?? 0) - (right[word] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
