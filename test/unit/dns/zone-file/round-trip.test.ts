import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TYPE } from '../../../../src/planes/dns/wire/constants.ts';
import type { FlatRecord } from '../../../../src/planes/dns/wire/flat-record.ts';
import { formatRecord } from '../../../../src/planes/dns/zone-file/format-record.ts';
import { parse } from './support.ts';

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((values) => Buffer.from(values));
const prefixed = (minLength: number, maxLength: number) =>
  octets(minLength, maxLength).map((text) => Buffer.concat([Buffer.of(text.length), text]));
const join = (...parts: fc.Arbitrary<Buffer>[]) => fc.tuple(...parts).map((all) => Buffer.concat(all));
const many = (part: fc.Arbitrary<Buffer>, minLength: number, maxLength: number) =>
  fc.array(part, { minLength, maxLength }).map((all) => Buffer.concat(all));
const fixed = (length: number) => octets(length, length);
const constant = (...values: number[]) => fc.constant(Buffer.from(values));

/** 5 labels of 40 octets at most, so that the zone's name fits behind them. */
const labels = many(prefixed(1, 40), 0, 5);
const name = join(labels, constant(0));
const owner = join(labels, fc.constant(Buffer.from('\x07example\x04test\0')));
const string = prefixed(0, 255);
const tag = fc
  .stringMatching(/^[a-zA-Z0-9]{1,15}$/)
  .map((text) => Buffer.from(`${String.fromCharCode(text.length)}${text}`));
/** Key and value, with the length between them. */
const parameter = (key: number, value: fc.Arbitrary<Buffer>) =>
  value.map((text) => Buffer.concat([Buffer.of(key >> 8, key & 0xff, text.length >> 8, text.length & 0xff), text]));
const optional = (part: fc.Arbitrary<Buffer>) => fc.oneof(part, constant());
const service = join(
  fixed(2),
  name,
  optional(join(parameter(1, many(prefixed(1, 255), 1, 4)), optional(parameter(2, constant())))),
  optional(join(parameter(3, fixed(2)), parameter(4, many(fixed(4), 1, 5)), parameter(5, octets(1, 90)))),
  optional(parameter(6, many(fixed(16), 1, 5))),
  optional(parameter(7, octets(0, 300))),
  optional(parameter(0xfffe, octets(0, 300))),
);

const DATA: readonly (readonly [type: number, data: fc.Arbitrary<Buffer>])[] = [
  [TYPE.A, fixed(4)],
  [TYPE.AAAA, fixed(16)],
  [TYPE.NS, name],
  [TYPE.CNAME, name],
  [TYPE.PTR, name],
  [TYPE.MX, join(fixed(2), name)],
  [TYPE.TXT, many(string, 1, 6)],
  [TYPE.SPF, many(string, 1, 6)],
  [TYPE.SRV, join(fixed(6), name)],
  [TYPE.CAA, join(fixed(1), tag, octets(0, 400))],
  [TYPE.HINFO, join(string, string)],
  [TYPE.TLSA, octets(4, 100)],
  [TYPE.SSHFP, octets(3, 100)],
  [TYPE.NAPTR, join(fixed(4), string, string, string, name)],
  [TYPE.DS, octets(5, 100)],
  [TYPE.SVCB, service],
  [TYPE.HTTPS, service],
  [4711, octets(0, 400)],
];

const recordOf = (type: number, data: fc.Arbitrary<Buffer>): fc.Arbitrary<FlatRecord> =>
  fc.record({
    // A CNAME may not be at the apex.
    owner: owner.map((wire) => (wire[0] === 7 ? Buffer.concat([Buffer.of(1, 120), wire]) : wire)),
    type: fc.constant(type),
    ttlSeconds: fc.nat(0x7fff_ffff),
    data,
  });

/** Words and signs that mean something, and any text between them. */
const piece = fc.oneof(
  fc.constantFrom('$TTL', '$ORIGIN', '@', '(', ')', '"', ';', '\\', '\\#', '\\032', '\n', '\r\n', '\t', '='),
  fc.constantFrom(
    'IN',
    'A',
    'SOA',
    'TXT',
    'SVCB',
    'CAA',
    'TLSA',
    'MX',
    '192.0.2.1',
    '::1',
    '60',
    '1h',
    'alpn=h2',
    'a',
    'b.',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const anyText = fc
  .array(fc.tuple(piece, fc.constantFrom(' ', ' ', '', '\n')), { maxLength: 60 })
  .map((parts) => parts.flat().join(''));

describe('zone files, whatever is in them', () => {
  it.each(DATA)('reads back what it wrote of type %i', (type, data) => {
    fc.assert(
      fc.property(recordOf(type, data), (record) => {
        expect(parse(formatRecord(record))).toEqual({ kind: 'valid', zone: { records: [record], soa: undefined } });
      }),
    );
  });

  it.each(DATA)('writes a line for any octets as data of type %i', (type) => {
    fc.assert(
      fc.property(recordOf(type, octets(0, 60)), (record) => {
        expect(formatRecord(record)).toMatch(/^[ -~]+ IN [ -~]+$/);
      }),
    );
  });

  it('never throws, and names lines that are there', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'binary' })), (text) => {
        const result = parse(text);
        const issues = result.kind === 'invalid' ? result.issues : [];
        const lines = text.split('\n').length;
        expect(issues.length).toBeLessThanOrEqual(20);
        expect(issues.every(({ line }) => line >= 1 && line <= lines)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads back a whole file that it wrote', () => {
    const zone = fc.array(
      fc.oneof(...DATA.filter(([type]) => type !== TYPE.CNAME).map(([type, data]) => recordOf(type, data))),
      {
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(zone, (records) => {
        const first = parse(records.map(formatRecord).join('\n'));
        if (first.kind === 'invalid') throw new Error(JSON.stringify(first.issues));
        expect(parse(first.zone.records.map(formatRecord).join('\n'))).toEqual(first);
      }),
    );
  });
});
