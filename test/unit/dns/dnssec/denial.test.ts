import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denialData, nextName, nsecData } from '../../../../src/planes/dns/dnssec/denial.ts';
import { TYPE } from '../../../../src/planes/dns/wire/constants.ts';
import { wire, wireName } from './support.ts';

const APEX = wire('example.test');

describe('an NSEC record', () => {
  it('is that of the example of RFC 4034 section 4.3', () => {
    const next = wire('host.example.com');
    const bitmap = `0006400100000003041b${'00'.repeat(26)}20`;
    const types = [1_234, TYPE.MX, TYPE.A, TYPE.NSEC, TYPE.RRSIG];
    expect(nsecData({ next, types }).toString('hex')).toBe(next.toString('hex') + bitmap);
  });

  it.each<[string, readonly number[], string]>([
    ['no type at all', [], ''],
    ['a type twice', [TYPE.A, TYPE.A], '000140'],
    ['the highest type', [65_535], `ff20${'00'.repeat(31)}01`],
    ['types of several windows, in any order', [TYPE.CAA, TYPE.A, 256], '0001400101c0'],
  ])('maps %s', (_, types, bitmap) => {
    expect(nsecData({ next: Buffer.of(0), types }).toString('hex')).toBe(`00${bitmap}`);
  });
});

describe('compact denial (RFC 9824)', () => {
  const owner = wire('Shop.example.test');
  const child = '000473686f70076578616d706c65047465737400';
  const cases = [
    ['a name that does not exist', { kind: 'noName' }, `01${child}`, `0011${'00'.repeat(5)}03${'00'.repeat(10)}80`],
    [
      'a type at a name with A and TXT',
      { kind: 'noType', types: [TYPE.TXT, TYPE.A] },
      `01${child}`,
      '0006400080000003',
    ],
    ['all types at an empty non-terminal', { kind: 'noType', types: [] }, `01${child}`, '0006000000000003'],
    // sub\000.example.test: the child \000 would lie in the zone below (section 3.4).
    [
      'a DS at a delegation',
      { kind: 'insecureDelegation' },
      '0573686f7000076578616d706c65047465737400',
      '0006200000000003',
    ],
  ] as const;
  it.each(cases)('denies %s', (_, denial, next, bitmap) => {
    expect(denialData({ owner, apex: APEX }, denial).toString('hex')).toBe(next + bitmap);
  });
});

const octet = fc.constantFrom(0x00, 0x2d, 0x40, 0x41, 0x5a, 0x5b, 0x61, 0x7a, 0xfe, 0xff);
const label = fc.oneof(
  fc.array(octet, { minLength: 1, maxLength: 3 }),
  fc
    .tuple(fc.constantFrom(0x40, 0x61, 0xff), fc.constantFrom(62, 63))
    .map(([value, size]) => Array.from({ length: size }, () => value)),
  fc.array(octet, { minLength: 55, maxLength: 63 }),
);
const labels = fc.array(label, { minLength: 0, maxLength: 5 }).map((list) => list.map((octets) => Buffer.from(octets)));
const name = labels
  .map((list) => Buffer.concat([wireName(list).subarray(0, -1), APEX]))
  .filter((found) => found.length <= 255);
/** Exactly as long as a name may be, or one octet less. */
const fullName = fc.tuple(name, fc.constantFrom(254, 255), octet).map(([found, size, value]) => {
  let full = found;
  while (full.length < size) {
    const left = size - full.length;
    const wanted = left <= 64 ? left : Math.min(64, left - 2);
    if (wanted < 2) return found;
    full = Buffer.concat([Buffer.of(wanted - 1), Buffer.alloc(wanted - 1, value), full]);
  }
  return full;
});
const anyName = fc.oneof(name, fullName);

/** Canonical order of names (RFC 4034 section 6.1), written anew. */
function compareNames(left: Buffer, right: Buffer): number {
  const [a, b] = [foldedLabels(left).toReversed(), foldedLabels(right).toReversed()];
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = Buffer.compare(a[index] ?? Buffer.of(), b[index] ?? Buffer.of());
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function foldedLabels(found: Buffer): Buffer[] {
  const list: Buffer[] = [];
  for (let at = 0; found.readUInt8(at) !== 0; at += 1 + found.readUInt8(at)) {
    const text = found.toString('latin1', at + 1, at + 1 + found.readUInt8(at));
    list.push(
      Buffer.from(
        text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
        'latin1',
      ),
    );
  }
  return list;
}

function isValid(found: Buffer): boolean {
  return found.length <= 255 && foldedLabels(found).every((octets) => octets.length > 0 && octets.length <= 63);
}

function isBelow(child: Buffer, ancestor: Buffer): boolean {
  const [inner, outer] = [foldedLabels(child), foldedLabels(ancestor)];
  return inner.length > outer.length && Buffer.concat(inner.slice(-outer.length)).equals(Buffer.concat(outer));
}

describe('the name behind a name', () => {
  it('comes behind it, or is the apex when it is the last of the zone', () => {
    const behind = fc.property(anyName, (owner) => {
      const next = nextName(owner, APEX);
      expect(isValid(next)).toBe(true);
      expect(next.equals(APEX) || (compareNames(owner, next) < 0 && isBelow(next, APEX))).toBe(true);
    });
    fc.assert(behind, { numRuns: 2_000 });
  });

  it('leaves no room for a name between them', () => {
    const between = fc.property(anyName, anyName, (owner, other) => {
      const next = nextName(owner, APEX);
      const last = next.equals(APEX);
      expect(compareNames(owner, other) < 0 && (last || compareNames(other, next) < 0)).toBe(false);
    });
    fc.assert(between, { numRuns: 5_000 });
  });

  it('leaves room only for what is below a delegation', () => {
    const between = fc.property(anyName, anyName, (owner, other) => {
      const data = denialData({ owner, apex: APEX }, { kind: 'insecureDelegation' });
      const next = data.subarray(0, data.length - 8);
      const covered = compareNames(owner, other) < 0 && (next.equals(APEX) || compareNames(other, next) < 0);
      expect(!covered || isBelow(other, owner)).toBe(true);
    });
    fc.assert(between, { numRuns: 5_000 });
  });

  const full = (first: Buffer) => {
    const room = 255 - APEX.length - 1 - first.length;
    const sizes = [63, 63, room - 2 * 64 - 1];
    return wireName([first, ...sizes.map((size) => Buffer.alloc(size, 'm')), 'example', 'test']);
  };
  it.each([
    ['its last octet raised', Buffer.from('ab'), Buffer.from('ac')],
    ['no capital letter, which would sort as a small one', Buffer.from('a@'), Buffer.from('a[')],
    ['what follows the highest octets left out', Buffer.of(0x61, 0xff, 0xff), Buffer.of(0x62)],
  ])('has, where a child would be too long, %s', (_, first, expected) => {
    const owner = full(first);
    expect(owner.length).toBe(255);
    const rest = owner.subarray(1 + first.length);
    expect(nextName(owner, APEX)).toEqual(Buffer.concat([Buffer.of(expected.length), expected, rest]));
  });

  it('is that of the parent where a full name has only highest octets in its first label', () => {
    const owner = full(Buffer.of(0xff));
    const next = nextName(owner, APEX);
    expect(next.readUInt8(0)).toBe(63);
    expect(next.toString('latin1', 1, 64)).toBe(`${'m'.repeat(62)}n`);
  });

  it('is the apex behind the very last name', () => {
    const last = wireName([...[48, 63, 63, 63].map((size) => Buffer.alloc(size, 0xff)), 'example', 'test']);
    expect(last.length).toBe(255);
    expect(nextName(last, APEX)).toEqual(APEX);
  });
});
