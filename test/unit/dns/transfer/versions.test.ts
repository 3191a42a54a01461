import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/planes/dns/transfer/journal.ts';
import { isNewer } from '../../../../src/planes/dns/transfer/serial.ts';
import {
  diffVersions,
  recordsOf,
  soaSerial,
  type ZoneDiff,
  zoneVersion,
} from '../../../../src/planes/dns/transfer/zone-version.ts';
import type { FlatRecord } from '../../../../src/planes/dns/wire/flat-record.ts';
import { address, aVersion, soa } from './support.ts';

describe('serials', () => {
  it.each([
    [1, 0, true],
    [0, 0, false],
    [0, 1, false],
    [0, 0xffff_ffff, true],
    [0xffff_ffff, 0, false],
    [0x7fff_ffff, 0, true],
    [0x8000_0001, 0, false],
    // Half of the circle: neither is newer (RFC 1982 section 3.2).
    [0x8000_0000, 0, false],
    [0, 0x8000_0000, false],
  ])('%d is newer than %d: %s', (left, right, expected) => {
    expect(isNewer(left, right)).toBe(expected);
  });
});

describe('the difference of two versions', () => {
  const one = address('a.example.test', '192.0.2.1');
  const two = address('b.example.test', '192.0.2.2');
  const three = address('b.example.test', '192.0.2.3');

  it('holds what is gone and what is new, and both SOA records', () => {
    const diff = diffVersions(aVersion(1, [one, two]), aVersion(2, [one, three]));
    expect(diff).toEqual({ from: soa(1), to: soa(2), removed: [two], added: [three] });
  });

  it('takes a record with another TTL for another record', () => {
    const slower = address('a.example.test', '192.0.2.1', 3_600);
    expect(diffVersions(aVersion(1, [one]), aVersion(2, [slower]))).toMatchObject({ removed: [one], added: [slower] });
  });

  it('takes an owner in other letters for the same (RFC 4343)', () => {
    const louder = address('A.Example.TEST', '192.0.2.1');
    expect(diffVersions(aVersion(1, [one]), aVersion(2, [louder]))).toMatchObject({ removed: [], added: [] });
  });

  it('says nothing of a record that moved to another part', () => {
    const before = zoneVersion(
      soa(1),
      new Map([
        ['a', [one]],
        ['b', [two]],
      ]),
    );
    const after = zoneVersion(soa(2), new Map([['c', [one, two]]]));
    expect(diffVersions(before, after)).toMatchObject({ removed: [], added: [] });
  });

  it('looks at no record of a part that is the same array', () => {
    const untouchable = new Proxy([one], {
      get: () => {
        throw new Error('looked at');
      },
    });
    const before = zoneVersion(
      soa(1),
      new Map([
        ['a', untouchable],
        ['b', [two]],
      ]),
    );
    const after = zoneVersion(
      soa(2),
      new Map([
        ['a', untouchable],
        ['b', [three]],
      ]),
    );
    expect(diffVersions(before, after)).toMatchObject({ removed: [two], added: [three] });
  });

  it('leads from one version to the other, whatever they hold', () => {
    const version = fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.uniqueArray(fc.integer({ min: 0, max: 9 })));
    fc.assert(
      fc.property(version, version, (before, after) => {
        const from = versionOf(1, before);
        const to = versionOf(2, after);
        const { removed, added } = diffVersions(from, to);
        const held = new Set([...recordsOf(from)].map(text));
        for (const record of removed) expect(held.delete(text(record))).toBe(true);
        for (const record of added) expect(held.has(text(record))).toBe(false);
        for (const record of added) held.add(text(record));
        expect(held).toEqual(new Set([...recordsOf(to)].map(text)));
      }),
    );
  });

  /** The records of a part carry its name, so that none is in two. */
  function versionOf(serial: number, parts: Readonly<Record<string, readonly number[]>>) {
    const records = Object.entries(parts).map(
      ([part, hosts]) => [part, hosts.map((host) => address(`${part}.example.test`, `192.0.2.${host}`))] as const,
    );
    return zoneVersion(soa(serial), new Map(records));
  }

  function text({ owner, data }: FlatRecord): string {
    return `${owner.toString('latin1')} ${data.join('.')}`;
  }
});

describe('the journal', () => {
  const step = (from: number, to: number, records = 1): ZoneDiff => ({
    from: soa(from),
    to: soa(to),
    removed: [],
    added: Array.from({ length: records }, (_, index) => address(`h${index}.example.test`, '192.0.2.1')),
  });
  const serials = (diffs: readonly ZoneDiff[] | undefined) => diffs?.map(({ to }) => soaSerial(to));

  function journalOf(
    limits: { readonly maxDiffs: number; readonly maxRecords: number },
    ...diffs: readonly ZoneDiff[]
  ) {
    const journal = new Journal(limits);
    for (const diff of diffs) journal.add(diff);
    return journal;
  }
  const wide = { maxDiffs: 10, maxRecords: 100 };

  it('gives all changes since a serial, oldest first, and nothing for one that it does not know', () => {
    const journal = journalOf(wide, step(1, 2), step(2, 5), step(5, 6));
    expect(serials(journal.since(1))).toEqual([2, 5, 6]);
    expect(serials(journal.since(5))).toEqual([6]);
    expect([0, 3, 6, 7].map((serial) => journal.since(serial))).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('forgets the oldest when there are too many changes', () => {
    const journal = journalOf({ maxDiffs: 2, maxRecords: 100 }, step(1, 2), step(2, 3), step(3, 4));
    expect(journal.since(1)).toBeUndefined();
    expect(serials(journal.since(2))).toEqual([3, 4]);
  });

  it('forgets the oldest when there are too many records, and all when the newest alone is too large', () => {
    const limits = { maxDiffs: 10, maxRecords: 10 };
    const journal = journalOf(limits, step(1, 2, 4), step(2, 3, 4), step(3, 4, 4));
    expect(journal.since(1)).toBeUndefined();
    expect(serials(journal.since(2))).toEqual([3, 4]);
    journal.add(step(4, 5, 11));
    expect([2, 3, 4].map((serial) => journal.since(serial))).toEqual([undefined, undefined, undefined]);
    journal.add(step(5, 6, 10));
    expect(serials(journal.since(5))).toEqual([6]);
  });

  it('begins anew with a change that does not follow on', () => {
    const journal = journalOf(wide, step(1, 2), step(2, 3), step(7, 8));
    expect(journal.since(1)).toBeUndefined();
    expect(serials(journal.since(7))).toEqual([8]);
  });
});
