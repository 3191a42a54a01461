import { describe, expect, it } from 'vitest';
import { cpuTime } from '../../../support/cpu-time.ts';
import { issuesOf, linesOf, parse, zoneOf } from './support.ts';

const A = 'A 192.0.2.1';
const SOA = 'SOA ns1 hostmaster 1 3600 600 604800 30';

describe('what a zone file may say as a whole', () => {
  it.each<[string, string, readonly [line: number, message: string][]]>([
    [
      'data beside a CNAME',
      `a 5 CNAME b\nb 5 ${A}\na 5 ${A}`,
      [[3, 'found a.example.test. A beside the CNAME of line 1; a CNAME allows no other records']],
    ],
    [
      'a CNAME beside data',
      `A 5 ${A}\na 5 CNAME b`,
      [[2, 'found a.example.test. CNAME beside the A of line 1; a CNAME allows no other records']],
    ],
    [
      'two CNAMEs',
      'a 5 CNAME b\na 5 CNAME c',
      [[2, 'found another a.example.test. CNAME than in line 1; allowed: one']],
    ],
    [
      'a CNAME at the apex',
      '@ 5 CNAME b',
      [[1, "found example.test. CNAME; a zone's apex has SOA and NS, so no CNAME"]],
    ],
    ['two SOAs', `@ 5 ${SOA}\n@ 5 ${SOA}1`, [[2, 'found another SOA than in line 1; allowed: one']]],
    ['a SOA below the apex', `a 5 ${SOA}`, [[1, "found a.example.test. SOA; allowed: at the zone's apex only"]]],
    ['a DS at the apex', '@ 5 DS 1 8 2 abcd', [[1, 'found example.test. DS; it belongs into the parent zone']]],
    [
      'a set that fits no answer',
      manyAddresses(4_000),
      [[1, 'found 64000 octets of a.example.test. A records; allowed: 60000, since they have to fit one answer']],
    ],
  ])('refuses %s', (_what, text, issues) => {
    expect(issuesOf(text)).toEqual(issues.map(([line, message]) => ({ line, message })));
  });

  it.each([
    ['NS at the apex', '@ 5 NS ns1', 1],
    ['the SOA once more, word for word', `@ 5 ${SOA}\n@ 5 ${SOA}`, 0],
    ['a delegation with DS and glue', 'a 5 NS ns.a\na 5 DS 1 8 2 abcd\nns.a 5 A 192.0.2.1', 3],
    ['names below an alias', `a 5 CNAME b\nc.a 5 ${A}`, 2],
    ['a wildcard, and a name with an asterisk inside', `*.a 5 ${A}\nb.*.c 5 ${A}`, 2],
    ['as many addresses as fit', manyAddresses(3_750), 3_750],
  ])('takes %s', (_what, text, count) => {
    expect(linesOf(text)).toHaveLength(count);
  });

  it('tells all that is wrong, in the order of the file', () => {
    const text = ['a 5 CNAME b', `a 5 ${A}`, 'b 5 A x', `c.example.org. 5 ${A}`, '$INCLUDE d', 'e 5 TXT "'].join('\n');
    expect(issuesOf(text).map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
  });

  it('stops at 20 issues', () => {
    expect(issuesOf('a 5 A x\n'.repeat(1_000))).toHaveLength(20);
    const mixed = Array.from({ length: 1_000 }, (_value, index) => `a${index} 5 CNAME b\na${index} 5 ${A}`);
    expect(issuesOf(mixed.join('\n'))).toHaveLength(20);
  });

  it('takes 100,000 records and no more', () => {
    const lines = Array.from({ length: 100_000 }, (_value, index) => `h${index} 5 TXT "number ${index}" \\"x\\"`);
    expect(zoneOf(lines.join('\n')).records).toHaveLength(100_000);
    expect(issuesOf([...lines, `more 5 ${A}`].join('\n'))).toEqual([
      { line: 100_001, message: 'found more than 100000 records in example.zone; allowed: 100000' },
    ]);
  });

  it.each([
    ['a long word', `a 5 TXT ${'\\000'.repeat(500_000)}`],
    ['a name of many labels', `${'a.'.repeat(500_000)} 5 ${A}`],
    ['many words in one record', `a 5 TXT ${'b '.repeat(500_000)}`],
    ['many lines in one record', `a 5 TXT (${'b\n'.repeat(500_000)}`],
    ['a long list', `a 5 SVCB 1 . alpn=${'b,'.repeat(500_000)}`],
    ['a long time', `a ${'1s'.repeat(500_000)} ${A}`],
    [
      'many types of one owner',
      Array.from({ length: 30_000 }, (_value, index) => `a 5 TYPE${index + 300} \\# 0`).join('\n'),
    ],
  ])('reads %s in time that grows with its length only', (_what, text) => {
    const started = cpuTime();
    parse(text);
    expect(cpuTime() - started).toBeLessThan(5_000);
  });

  it('says so when the zone itself has no name', () => {
    expect(issuesOf('', 'a..b')).toEqual([
      { line: 1, message: 'found an empty label in the name "a..b"; allowed: labels of 1 to 63 octets' },
    ]);
  });
});

function manyAddresses(count: number): string {
  return Array.from({ length: count }, (_value, index) => `a 5 A 10.0.${index >> 8}.${index & 0xff}`).join('\n');
}
