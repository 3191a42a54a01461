import { ClientAddress } from './address-octets.ts';
import { readCidr } from './cidr.ts';
import { RangeBuilder } from './range-builder.ts';
import { NO_MATCH, type RangeTable } from './range-table.ts';

/** A list of networks, such as those that may ask for a transfer. */
export class Networks {
  readonly #table: NetworkTable<true>;

  private constructor(table: NetworkTable<true>) {
    this.#table = table;
  }

  /** Throws a RangeError that names the first CIDR that is none. */
  static parse(cidrs: readonly string[]): Networks {
    return new Networks(NetworkTable.parse(cidrs.map((cidr) => [cidr, true] as const)));
  }

  has(octets: Uint8Array, family: 4 | 6): boolean {
    return this.#table.get(octets, family) !== undefined;
  }
}

export interface NetworkMatch<T> {
  /** That of the longest prefix; undefined when there is none. */
  readonly value: T | undefined;
  /**
   * The shortest prefix of the address such that every address with it has this same value, or has none like this
   * one: the scope to answer a client subnet with (RFC 7871 section 7.2.1).
   */
  readonly prefixLength: number;
}

/** Values of networks, found by the longest prefix, such as the region of a client. */
export class NetworkTable<T> {
  readonly #values: readonly T[];
  readonly #ipv4: RangeTable;
  readonly #ipv6: RangeTable;

  private constructor(values: readonly T[], ipv4: RangeTable, ipv6: RangeTable) {
    this.#values = values;
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /**
   * Of the same network given twice the last value counts. Values are told apart by identity: neighbours with the
   * same one need no longer scope. Throws a RangeError that names the first CIDR that is none.
   */
  static parse<T>(entries: Iterable<readonly [cidr: string, value: T]>): NetworkTable<T> {
    const numbers = new Map<T, number>();
    const [ipv4, ipv6] = [new RangeBuilder(4), new RangeBuilder(6)];
    const network = new ClientAddress();
    for (const [cidr, value] of entries) {
      const prefixLength = readCidr(cidr, network);
      const number = numbers.get(value) ?? numbers.size;
      numbers.set(value, number);
      (network.family === 4 ? ipv4 : ipv6).add(network.octets, prefixLength, number);
    }
    return new NetworkTable([...numbers.keys()], ipv4.build(), ipv6.build());
  }

  get(octets: Uint8Array, family: 4 | 6): T | undefined {
    const table = this.#tableOf(family);
    return this.#valueOf(table.result(table.find(octets)));
  }

  lookup(octets: Uint8Array, family: 4 | 6): NetworkMatch<T> {
    const table = this.#tableOf(family);
    const range = table.find(octets);
    return { value: this.#valueOf(table.result(range)), prefixLength: table.decisiveBits(range) };
  }

  #tableOf(family: 4 | 6): RangeTable {
    return family === 4 ? this.#ipv4 : this.#ipv6;
  }

  #valueOf(result: number): T | undefined {
    return result === NO_MATCH ? undefined : this.#values[result];
  }
}
