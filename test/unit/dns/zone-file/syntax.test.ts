import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { issuesOf, linesOf, zoneOf } from './support.ts';

/** RFC 1035 section 5.3, with a TTL and `ISI-NET` of its own. */
const ISI = `
$TTL 1d
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        NS      VAXA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32

VAXA    A       10.2.0.27
        A       128.9.0.33
`;

const A = 'A 192.0.2.1';
const data = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/\.example\.test\. (\S+) IN A 192\.0\.2\.1$/, ' $1'));

describe('the syntax of zone files', () => {
  it('reads the example of RFC 1035', () => {
    expect(linesOf(ISI, 'ISI.EDU')).toEqual([
      'ISI.EDU. 86400 IN NS A.ISI.EDU.',
      'ISI.EDU. 86400 IN NS VENERA.ISI.EDU.',
      'ISI.EDU. 86400 IN NS VAXA.ISI.EDU.',
      'ISI.EDU. 86400 IN MX 10 VENERA.ISI.EDU.',
      'ISI.EDU. 86400 IN MX 20 VAXA.ISI.EDU.',
      'A.ISI.EDU. 86400 IN A 26.3.0.103',
      'VENERA.ISI.EDU. 86400 IN A 10.1.0.52',
      'VENERA.ISI.EDU. 86400 IN A 128.9.0.32',
      'VAXA.ISI.EDU. 86400 IN A 10.2.0.27',
      'VAXA.ISI.EDU. 86400 IN A 128.9.0.33',
    ]);
    expect(zoneOf(ISI, 'ISI.EDU.').soa).toEqual({
      primary: Buffer.from('\x06VENERA\x03ISI\x03EDU\0'),
      mailbox: Buffer.from('\x0eAction.domains\x03ISI\x03EDU\0'),
      serial: 20,
      refreshSeconds: 7_200,
      retrySeconds: 600,
      expireSeconds: 3_600_000,
      negativeTtlSeconds: 60,
      ttlSeconds: 86_400,
    });
  });

  it('reads the zone of the conformance tests', async () => {
    const text = await readFile(new URL('../../../support/zones/conformance.zone', import.meta.url), 'utf8');
    const zone = zoneOf(text);
    expect(zone.soa?.negativeTtlSeconds).toBe(30);
    expect(zone.records).toHaveLength(127);
  });

  it.each([
    ['an empty file', '', []],
    ['only comments and blank lines', '; nothing\n\n   ; here\n \t\n', []],
    ['a file without a line end', `a 5 ${A}`, ['a 5']],
    ['lines that end as on Windows', `$TTL 5\r\na ${A}\r\n  ${A} ; again\r\nb ${A}\r\n`, ['a 5', 'b 5']],
    ['a byte order mark', `\ufeffa 5 ${A}`, ['a 5']],
    ['TTL before class', `a 5 IN ${A}`, ['a 5']],
    ['class before TTL', `a IN 5 ${A}`, ['a 5']],
    ['letters of any case', 'a 5 in a 192.0.2.1', ['a 5']],
    ['CLASS1', `a 5 CLASS1 ${A}`, ['a 5']],
    ['owners that look like something else', `A 5 ${A}\nIN 5 ${A}\n7 5 ${A}`, ['A 5', 'IN 5', '7 5']],
    ['units of time', `a 1h30m ${A}\nb 1W2D ${A}\nc 90s ${A}`, ['a 5400', 'b 777600', 'c 90']],
    ['$TTL from its line on', `$TTL 5\na ${A}\n$ttl 1m\nb ${A}\nc 7 ${A}\nd ${A}`, ['a 5', 'b 60', 'c 7', 'd 60']],
    ['the TTL of the record before', `a 7 ${A}\nb ${A}`, ['a 7', 'b 7']],
    ['the minimum of the SOA as TTL', `@ 9 SOA . . 1 1 1 1 30\na ${A}\nb 7 ${A}\nc ${A}`, ['a 30', 'b 7', 'c 30']],
    ['parentheses over lines', `a ( ; comment )\n\n5\n) IN (A\n192.0.2.1) ; end\nb 5 ${A}`, ['a 5', 'b 5']],
    ['parentheses before a word without a blank', `(a)5(IN)${A}`, ['a 5']],
    [
      'no owner: the one before',
      `$TTL 5\na ${A}\n$ORIGIN b.example.test.\n  TXT ""`,
      ['a 5', 'a.example.test. 5 IN TXT ""'],
    ],
    [
      '$ORIGIN, which may be relative',
      `$TTL 5\n$ORIGIN b\na ${A}\n$ORIGIN c\na ${A}\n@ ${A}`,
      ['a.b 5', 'a.c.b 5', 'c.b 5'],
    ],
    ['$ORIGIN of the root', `$ORIGIN .\na.example.test 5 ${A}`, ['a 5']],
    [
      'names with escapes',
      `a\\.b 5 ${A}\n\\097\\.c 5 ${A}\n\\@ 5 ${A}\n"d e" 5 ${A}`,
      ['a\\.b 5', 'a\\.c 5', '\\@ 5', 'd\\032e 5'],
    ],
    ['a label of 63 octets', `${'l'.repeat(63)} 5 ${A}`, [`${'l'.repeat(63)} 5`]],
    ['semicolons in quotation marks', 'a 5 TXT "b;c" ; d', ['a.example.test. 5 IN TXT "b;c"']],
    [
      'the same record again',
      `a 5 ${A}\nA.example.test. 5 ${A}\na 5 NS b\na 5 NS B`,
      ['a 5', 'a.example.test. 5 IN NS b.example.test.'],
    ],
    [
      'the lowest TTL of a set',
      `a 5 ${A}\na 3 A 192.0.2.2\na 9 TXT ""`,
      ['a 3', 'a.example.test. 3 IN A 192.0.2.2', 'a.example.test. 9 IN TXT ""'],
    ],
  ])('takes %s', (_what, text, lines) => {
    expect(data(linesOf(text))).toEqual(lines);
  });

  it.each<[string, string, number, string]>([
    ['an unknown directive', '\n$FOO bar', 2, '"$FOO" is not supported; allowed: $ORIGIN, $TTL'],
    [
      '$INCLUDE',
      '$INCLUDE other.zone',
      1,
      '"$INCLUDE" is not supported; put what it would include into example.zone itself',
    ],
    ['$GENERATE', '$GENERATE 1-9 a$ A 192.0.2.$', 1, '"$GENERATE" is not supported; write each record out'],
    ['$TTL without a value', '$TTL', 1, 'found "" after $TTL; allowed: one value'],
    ['$ORIGIN with two', '$ORIGIN a b', 1, 'found "a b" after $ORIGIN; allowed: one value'],
    ['a wrong TTL', `a 5x ${A}`, 1, 'found "5x" as the TTL; allowed: 0 to 2147483647 seconds, or units as in 1h30m'],
    [
      'a TTL with a high bit',
      `a 2147483648 ${A}`,
      1,
      'found "2147483648" as the TTL; allowed: 0 to 2147483647 seconds, or units as in 1h30m',
    ],
    [
      'no TTL anywhere',
      `a ${A}`,
      1,
      'found no TTL in this record, and none before it to take; write $TTL at the top of the file',
    ],
    ['another class', `a 5 CH ${A}`, 1, 'found "CH" as the class; allowed: IN'],
    ['an owner alone', 'a', 1, 'found no type in this record; allowed: [owner] [TTL] [IN] type data'],
    ['no owner to take', `  5 ${A}`, 1, 'found a record without an owner, and none before it; write its name first'],
    ['a "(" left open', `a ( 5\n${A}\nb 5 ${A}`, 1, 'found "(" that is never closed'],
    ['a "(" inside another', `a ( 5\n${A}\nb ( 5 ${A} )`, 3, 'found "(" inside the "(" of line 1'],
    ['a ")" too many', `a 5 ${A} )`, 1, 'found ")" without a "(" before it'],
    ['a quotation mark left open', `a 5 TXT "b\nc 5 ${A}`, 1, 'found a quotation mark that is not closed in its line'],
    [
      'a quotation mark in a word',
      'a 5 TXT b"c"',
      1,
      'found a quotation mark inside a word; write \\" or a blank before it',
    ],
    ['a backslash at a line end', 'a 5 TXT b\\\n', 1, 'found a backslash at the end of a line'],
    ['an empty label', `a..b 5 ${A}`, 1, 'found an empty label in the name "a..b"; allowed: labels of 1 to 63 octets'],
    [
      'a long label',
      `${'l'.repeat(64)} 5 ${A}`,
      1,
      `found a label of 64 octets in "${'l'.repeat(60)}..."; allowed: 1 to 63`,
    ],
    [
      'a long name',
      `${'a.'.repeat(121)}b 5 ${A}`,
      1,
      `the name "${'a.'.repeat(30)}..." has 258 octets with its origin; allowed: 255`,
    ],
    [
      'a name that is not ASCII',
      `bücher 5 ${A}`,
      1,
      'found "bücher" as a name; allowed: ASCII, so write it as xn--..., or its octets as \\DDD',
    ],
    [
      'a name outside',
      `a.example.org. 5 ${A}`,
      1,
      'found a.example.org., which is outside the zone example.test.; only names that end in a dot are taken as they are',
    ],
    [
      'a name that only looks inside',
      `badexample.test. 5 ${A}`,
      1,
      'found badexample.test., which is outside the zone example.test.; only names that end in a dot are taken as they are',
    ],
    [
      'a label that has the octets of the zone',
      `x\\007example\\004test. 5 ${A}`,
      1,
      'found x\\007example\\004test., which is outside the zone example.test.; only names that end in a dot are taken as they are',
    ],
    [
      'a value in a later line',
      '@ 5 SOA . . ( 1\n 1\n x\n 1 30 )',
      3,
      'found "x" as the retry; allowed: 0 to 2147483647 seconds, or units as in 1h30m',
    ],
  ])('refuses %s', (_what, text, line, message) => {
    expect(issuesOf(text)[0]).toEqual({ line, message });
  });
});
