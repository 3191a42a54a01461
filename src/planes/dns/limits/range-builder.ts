import { NO_MATCH, RangeTable, wordOf } from './range-table.ts';

/** An address as 32-bit words: 1 for IPv4, 4 for IPv6. */
type Words = readonly number[];

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
    const open: number[] = [];
    for (const network of this.#inOrder()) {
      const first = this.#firstOf(network);
      this.#close(open, first);
      open.push(network);
      this.#cut(first, this.#resultOf(network));
    }
    this.#close(open, undefined);
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

  /** Leaves the open networks that end before an address, or all; behind each the one around it goes on. */
  #close(open: number[], before: Words | undefined): void {
    for (let network = open.at(-1); network !== undefined; network = open.at(-1)) {
      const end = this.#endOf(network);
      if (before !== undefined && (end === undefined || isBelow(before, end))) return;
      open.pop();
      const around = open.at(-1);
      if (end !== undefined) this.#cut(end, around === undefined ? NO_MATCH : this.#resultOf(around));
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

  #resultOf(network: number): number {
    return this.#results[network] ?? NO_MATCH;
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
