import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../../src/planes/dns/limits/address-octets.ts';
import { Networks, NetworkTable } from '../../../../src/planes/dns/limits/networks.ts';

const addressOf = (text: string) => {
  const address = new ClientAddress();
  expect(address.parse(text), text).toBe(true);
  return address;
};

const isIn = (networks: Networks, text: string) => {
  const { octets, family } = addressOf(text);
  return networks.has(octets, family);
};

const lookup = <T>(table: NetworkTable<T>, text: string) => {
  const { octets, family } = addressOf(text);
  return table.lookup(octets, family);
};

describe('a list of networks', () => {
  it.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['9.255.255.255', ['10.0.0.0/8'], false],
    ['11.0.0.0', ['10.0.0.0/8'], false],
    ['11.0.0.0', ['10.0.0.0/8', '11.0.0.0/8'], true],
    ['192.0.2.1', ['192.0.2.1'], true],
    ['192.0.2.2', ['192.0.2.1'], false],
    ['255.255.255.255', ['0.0.0.0/0'], true],
    ['255.255.255.255', ['255.255.255.255'], true],
    ['0.0.0.0', ['0.0.0.0'], true],
    ['::', ['0.0.0.0/0'], false],
    ['1.2.3.4', ['::/0'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['2001:db9::', ['2001:db8::/32'], false],
    ['2001:db8::1', ['2001:db8::1'], true],
    ['ffff::', ['8000::/1'], true],
    ['192.0.2.9', ['::ffff:192.0.2.0/120'], true],
    ['192.0.3.9', ['::ffff:192.0.2.0/120'], false],
    ['127.0.0.1', [], false],
    ['::1', [], false],
  ])('%s within %j: %s', (address, cidrs, expected) => {
    expect(isIn(Networks.parse(cidrs), address)).toBe(expected);
  });

  it.each([
    ['nonsense', 'the network "nonsense" is none; allowed: an address with or without a length, such as 192.0.2.0/24'],
    ['', 'the network "" is none'],
    ['10.0.0/8', 'the network "10.0.0/8" is none'],
    ['fe80::%eth0/10', 'is none'],
    ['10.0.0.0/33', 'the network "10.0.0.0/33" has a wrong prefix length; allowed here: 0 to 32'],
    ['10.0.0.0/-1', 'wrong prefix length'],
    ['10.0.0.0/', 'wrong prefix length'],
    ['10.0.0.0/08', 'wrong prefix length'],
    ['10.0.0.0/8/8', 'wrong prefix length'],
    ['2001:db8::/129', 'allowed here: 0 to 128'],
    ['::ffff:10.0.0.0/95', 'allowed here: 96 to 128'],
    ['10.1.0.0/8', 'the network "10.1.0.0/8" has bits set behind its prefix'],
    ['10.0.0.1/31', 'bits set behind its prefix'],
    ['2001:db8::1/64', 'bits set behind its prefix'],
  ])('with %j in it is refused, which is said', (cidr, message) => {
    expect(() => Networks.parse(['192.0.2.0/24', cidr])).toThrow(RangeError);
    expect(() => Networks.parse(['192.0.2.0/24', cidr])).toThrow(message);
  });
});

describe('a table of networks', () => {
  const regions = NetworkTable.parse([
    ['10.0.0.0/8', 'europe'],
    ['10.1.0.0/16', 'asia'],
    ['10.1.2.0/24', 'europe'],
    ['2001:db8::/32', 'asia'],
    ['2001:db8:0:1::/64', 'europe'],
  ]);

  it.each([
    ['10.1.2.3', 'europe', 24],
    ['10.1.3.3', 'asia', 24],
    ['10.1.128.1', 'asia', 17],
    ['10.0.0.1', 'europe', 16],
    ['10.128.0.1', 'europe', 9],
    ['11.0.0.1', undefined, 8],
    ['192.0.2.1', undefined, 1],
    ['2001:db8::1', 'asia', 64],
    ['2001:db8:0:1::1', 'europe', 64],
    ['2001:db8:8000::1', 'asia', 33],
    ['8000::', undefined, 1],
  ])('gives %s the longest match, %s, for all of its /%i', (address, value, prefixLength) => {
    expect(lookup(regions, address)).toEqual({ value, prefixLength });
  });

  it('gives all addresses of a family the same without a network', () => {
    const table = NetworkTable.parse([['10.0.0.0/8', 1]]);
    expect(lookup(table, '2001:db8::1')).toEqual({ value: undefined, prefixLength: 0 });
    expect(lookup(NetworkTable.parse([['0.0.0.0/0', 1]]), '192.0.2.1')).toEqual({ value: 1, prefixLength: 0 });
  });

  it('needs no longer prefix for neighbours with the same value', () => {
    const table = NetworkTable.parse([
      ['10.0.0.0/9', 'europe'],
      ['10.128.0.0/9', 'europe'],
      ['10.1.0.0/16', 'europe'],
    ]);
    expect(lookup(table, '10.1.2.3')).toEqual({ value: 'europe', prefixLength: 8 });
  });

  it('takes the last value of a network that is given twice', () => {
    const table = NetworkTable.parse([
      ['10.0.0.0/8', 'first'],
      ['10.0.0.0/8', 'second'],
      ['10.0.0.0/16', 'third'],
    ]);
    expect(lookup(table, '10.128.0.1')).toEqual({ value: 'second', prefixLength: 9 });
    expect(lookup(table, '11.0.0.1').value).toBeUndefined();
  });
});

interface Entry {
  readonly bits: bigint;
  readonly length: number;
  readonly value: string;
}

const textOf = (bits: bigint, width: 32 | 128) => {
  const octets = Array.from({ length: width / 8 }, (_, index) =>
    Number((bits >> BigInt(width - 8 - index * 8)) & 255n),
  );
  return ipaddr.fromByteArray(octets).toString();
};

/** The highest `length` bits, and zeros. */
const prefixOf = (bits: bigint, length: number, width: number) => {
  const rest = BigInt(width - length);
  return (bits >> rest) << rest;
};

/** Addresses whose bits are all the same from some place on lie at the ends of networks, and near each other. */
const addresses = (width: 32 | 128) =>
  fc.tuple(fc.bigInt(0n, 2n ** BigInt(width) - 1n), fc.nat(width), fc.boolean()).map(([bits, kept, ones]) => {
    const prefix = prefixOf(bits, kept, width);
    return ones ? prefix | (2n ** BigInt(width - kept) - 1n) : prefix;
  });

const entries = (width: 32 | 128) =>
  fc
    .tuple(addresses(width), fc.nat(width), fc.constantFrom('a', 'b', 'c'))
    .map(([bits, length, value]): Entry => ({ bits: prefixOf(bits, length, width), length, value }));

/** A table with networks inside and beside each other, and addresses near their ends. */
const scenes = (width: 32 | 128) =>
  fc.array(entries(width), { maxLength: 20 }).chain((table) => {
    const near = table.flatMap(({ bits, length }) => {
      const end = bits + 2n ** BigInt(width - length);
      return [bits - 1n, bits, end - 1n, end].filter((at) => at >= 0n && at < 2n ** BigInt(width));
    });
    const anywhere = addresses(width);
    const address = near.length === 0 ? anywhere : fc.oneof(fc.constantFrom(...near), anywhere);
    return fc.record({ table: fc.constant(table), address, others: fc.array(anywhere, { maxLength: 10 }) });
  });

/** By ipaddr.js, one network after the other; of equally long ones the last. */
const naiveMatch = (table: readonly Entry[], bits: bigint, width: 32 | 128) => {
  const address = ipaddr.parse(textOf(bits, width));
  let found: Entry | undefined;
  for (const entry of table) {
    const isIt = address.match(ipaddr.parse(textOf(entry.bits, width)), entry.length);
    if (isIt && entry.length >= (found?.length ?? 0)) found = entry;
  }
  return found?.value;
};

/** Whether all addresses of a prefix have one result: those at its ends and at the ends of every network in it. */
const isUniform = (
  table: readonly Entry[],
  { prefix, length }: { prefix: bigint; length: number },
  width: 32 | 128,
) => {
  const end = prefix + 2n ** BigInt(width - length);
  const edges = table.flatMap((entry) => [entry.bits, entry.bits + 2n ** BigInt(width - entry.length)]);
  const points = [prefix, ...edges.filter((at) => at >= prefix && at < end)];
  return new Set(points.map((at) => naiveMatch(table, at, width))).size === 1;
};

describe.each([32, 128] as const)('a random table of networks of %i bits', (width) => {
  // An IPv4 address in IPv6 clothes is an IPv4 address, and so not in these tables.
  const isPlain = (bits: bigint) => width === 32 || bits >> 32n !== 0xffffn;
  const build = (table: readonly Entry[]) =>
    NetworkTable.parse(table.map(({ bits, length, value }) => [`${textOf(bits, width)}/${length}`, value] as const));

  it('gives what ipaddr.js gives, and the shortest prefix with one result', () => {
    fc.assert(
      fc.property(scenes(width), ({ table, address, others }) => {
        fc.pre([address, ...others, ...table.map(({ bits }) => bits)].every(isPlain));
        const built = build(table);
        const { value, prefixLength } = lookup(built, textOf(address, width));
        expect(value).toBe(naiveMatch(table, address, width));
        const prefix = prefixOf(address, prefixLength, width);
        for (const other of others) {
          const within = prefix | (other & (2n ** BigInt(width - prefixLength) - 1n));
          if (isPlain(within)) expect(lookup(built, textOf(within, width))).toEqual({ value, prefixLength });
        }
        expect(isUniform(table, { prefix, length: prefixLength }, width)).toBe(true);
        if (prefixLength === 0) return;
        const wider = { prefix: prefixOf(address, prefixLength - 1, width), length: prefixLength - 1 };
        expect(isUniform(table, wider, width)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
