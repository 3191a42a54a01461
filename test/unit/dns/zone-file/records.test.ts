import { describe, expect, it } from 'vitest';
import { dataOf, issuesOf, linesOf } from './support.ts';

const hex = (text: string) => text.replaceAll(' ', '');
const EXAMPLE = '07 6578616d706c65 04 74657374 00';
const DIGEST = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
const ECH = 'AEn+DQBFKwAgACABWIHUGj4u+PIggYXcR5JF0gYk3dCRioBW8uJq9H4mKAAIAAEAAQABAANAEnB1YmxpYy50bHMtZWNoLmRldgAA';

/** As Knot DNS 3 reads and transfers them (`kdig AXFR +generic`), and NSD 4 too. */
const DATA: readonly (readonly [text: string, wire: string])[] = [
  ['A 192.0.2.1', 'c0000201'],
  ['AAAA 2001:DB8:0:0::1', '20010db8 00000000 00000000 00000001'],
  ['AAAA ::', '00000000 00000000 00000000 00000000'],
  ['AAAA ::ffff:1.2.3.4', '00000000 00000000 0000ffff 01020304'],
  ['NS ns1', `03 6e7331 ${EXAMPLE}`],
  ['CNAME target.example.test.', `06 746172676574 ${EXAMPLE}`],
  ['PTR \\@.host', `01 40 04 686f7374 ${EXAMPLE}`],
  ['MX 0 .', '0000 00'],
  ['MX 65535 mail', `ffff 04 6d61696c ${EXAMPLE}`],
  [
    'TXT unquoted "quoted string" a\\;b \\065BC "d\\"e\\\\f\\255" ""',
    '08 756e71756f746564 0d 71756f74656420737472696e67 03 613b62 03 414243 06 6422655c66ff 00',
  ],
  ['TXT "ü"', '02 c3bc'],
  ['SPF "v=spf1 -all"', '0b 763d73706631202d616c6c'],
  ['SRV 0 65535 443 @', `0000 ffff 01bb ${EXAMPLE}`],
  ['CAA 128 issue "ca.example.net; policy=ev"', '80 05 6973737565 63612e6578616d706c652e6e65743b20706f6c6963793d6576'],
  ['CAA 0 issuewild ";"', '00 09 697373756577696c64 3b'],
  ['HINFO "Intel x86" Linux', '09 496e74656c20783836 05 4c696e7578'],
  [`TLSA 3 1 1 ${DIGEST.slice(0, 31)} ${DIGEST.slice(31).toUpperCase()}`, `03 01 01 ${DIGEST}`],
  [`SSHFP 4 2 ${DIGEST}`, `04 02 ${DIGEST}`],
  [
    'NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.test!" .',
    '0064 000a 01 75 07 4532552b736970 1c 215e2e2a24217369703a696e666f406578616d706c652e7465737421 00',
  ],
  ['NAPTR 100 20 s SIP+D2U "" _sip._udp', `0064 0014 01 73 07 5349502b443255 00 04 5f736970 04 5f756470 ${EXAMPLE}`],
  // RFC 4034 section 5.4
  ['DS 60485 5 1 2BB183AF5F22588179A53B0A 98631FAD1A292118', 'ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118'],
  // RFC 3597 section 5
  ['TYPE731 \\# 6 abcd ef 01 23 45', 'abcdef012345'],
  ['TYPE62347 \\# 0', ''],
  ['A \\# 4 0A000001', '0a000001'],
  ['TYPE1 10.0.0.2', '0a000002'],
  ['TYPE16 \\# 3 026162', '02 6162'],
];

/** RFC 9460 appendix D. */
const SERVICES: readonly (readonly [text: string, wire: string])[] = [
  ['HTTPS 0 foo.example.com.', '0000 03666f6f076578616d706c6503636f6d00'],
  ['SVCB 1 .', '0001 00'],
  ['SVCB 16 foo.example.com. port=53', '0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035'],
  ['SVCB 1 foo.example.com. key667=hello', '0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f'],
  [
    'SVCB 1 foo.example.com. key667="hello\\210qoo"',
    '0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f',
  ],
  [
    'SVCB 1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
    '0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001',
  ],
  [
    'SVCB 1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    '0001 076578616d706c6503636f6d00 0006 0010 20010db80122034400000000c0000221',
  ],
  [
    'SVCB 16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn\n ipv4hint=192.0.2.1 )',
    '0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201',
  ],
  [
    'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    '0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832',
  ],
  [
    'SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2',
    '0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832',
  ],
  [
    `HTTPS 1 . no-default-alpn alpn=h2 ech=${ECH}`,
    `0001 00 0001 0003 02 6832 0002 0000 0005 004b ${Buffer.from(ECH, 'base64').toString('hex')}`,
  ],
];

describe('data of records in a zone file', () => {
  it.each([...DATA, ...SERVICES])('%s', (text, wire) => {
    expect(dataOf(text)).toBe(hex(wire));
  });

  // RFC 9460 appendix D.3, and section 7.1.1 for the last.
  it.each([
    ['key123=abc key123=def', 'found the key key123 twice; allowed: once'],
    ['mandatory', 'found "mandatory"; allowed as the value of mandatory: other keys, each once'],
    ['alpn', 'found "alpn"; allowed as the value of alpn: protocol names of 1 to 255 octets'],
    ['port', 'found "port"; allowed as the value of port: 0 to 65535'],
    ['ipv4hint', 'found "ipv4hint"; allowed as the value of ipv4hint: IPv4 addresses with commas'],
    ['ipv6hint', 'found "ipv6hint"; allowed as the value of ipv6hint: IPv6 addresses with commas'],
    ['alpn=h2 no-default-alpn=abc', 'found a wrong value of no-default-alpn; allowed: no value'],
    ['mandatory=key123', 'found key123 among the mandatory keys, but not among the keys'],
    ['mandatory=mandatory', 'found a wrong value of mandatory; allowed: other keys, each once'],
    ['mandatory=key123,key123 key123=abc', 'found a wrong value of mandatory; allowed: other keys, each once'],
    ['no-default-alpn', 'found no-default-alpn without alpn; allowed: both'],
    [
      'key65535=a',
      'found the key "key65535"; allowed: mandatory, alpn, no-default-alpn, port, ipv4hint, ech, ipv6hint, keyNNNNN',
    ],
    ['ech=***', 'found "ech=***"; allowed as the value of ech: base64'],
    ['key3=a', 'found a wrong value of port; allowed: 0 to 65535'],
  ])('refuses the service parameters %s', (parameters, message) => {
    expect(issuesOf(`x 60 SVCB 1 . ${parameters}`)).toEqual([{ line: 1, message }]);
  });

  it.each([
    ['A 192.0.2', 'found "192.0.2" as the address; allowed: 192.0.2.1'],
    ['A 192.0.2.01', 'found "192.0.2.01" as the address; allowed: 192.0.2.1'],
    ['A', 'found "" as the data of A; allowed: address'],
    ['A 192.0.2.1 192.0.2.2', 'found "192.0.2.1 192.0.2.2" as the data of A; allowed: address'],
    ['AAAA fe80::1%eth0', 'found "fe80::1%eth0" as the address; allowed: 2001:db8::1'],
    ['MX mail', 'found "mail" as the data of MX; allowed: preference host'],
    ['MX 65536 mail', 'found "65536" as the preference; allowed: 0 to 65535'],
    ['MX -1 mail', 'found "-1" as the preference; allowed: 0 to 65535'],
    ['CAA 256 issue ca', 'found "256" as the flags; allowed: 0 to 255'],
    ['CAA 0 is-sue ca', 'found "is-sue" as the tag; allowed: letters and digits, such as issue'],
    ['TXT', 'found "" as the data of TXT; allowed: text...'],
    [`TXT ${'t'.repeat(256)}`, 'found a string of 256 octets; allowed: 255, so write it as several strings'],
    [
      'TXT \\256',
      'found "\\256" with a wrong escape; allowed: a backslash before a sign that is no digit, or before three digits up to 255',
    ],
    ['TXT v="a b"', 'found a quotation mark inside "v=a b"; write \\" or a blank before it'],
    ['TLSA 3 1 1 abc', 'found "abc" as the data; allowed: pairs of hexadecimal digits'],
    ['DS 1 8 2', 'found "1 8 2" as the data of DS; allowed: key-tag algorithm digest-type digest'],
    ['TYPE731 abc', 'the data of TYPE731 has no written form here; write it as \\# LENGTH HEXADECIMAL'],
    [
      'TYPE731 \\# 2 abcdef',
      'found "2" as the length of 3 octets; allowed: \\# LENGTH HEXADECIMAL, with the length in octets',
    ],
    ['A \\# 3 0a0000', 'found data that is none of A; see what its fields are, and that no name is compressed'],
    ['A \\# 5 0a00000100', 'found data that is none of A; see what its fields are, and that no name is compressed'],
    [
      `SOA \\# 22 0000 00000001 80000000 ${'00000001'.repeat(3)}`,
      'found data that is none of SOA; see what its fields are, and that no name is compressed',
    ],
    ['NS \\# 2 c00c', 'found data that is none of NS; see what its fields are, and that no name is compressed'],
  ])('refuses %s', (text, message) => {
    expect(issuesOf(`\nx 60 IN ${text}`)).toEqual([{ line: 2, message }]);
  });

  it.each([
    ['DNAME a', 'DNAME is not supported; delegate the names below, or write a CNAME for each'],
    [
      'RRSIG A 8 2 60 x',
      'RRSIG belongs to a signed zone file; Sluice signs while it serves, so hand in the unsigned file',
    ],
    [
      'TYPE48 \\# 0',
      'DNSKEY belongs to a signed zone file; Sluice signs while it serves, so hand in the unsigned file',
    ],
    [
      'NSEC3PARAM 1 0 0 -',
      'NSEC3PARAM belongs to a signed zone file; Sluice signs while it serves, so hand in the unsigned file',
    ],
    ['ZONEMD 1 1 1 00', 'ZONEMD is not supported, because the zone changes while it is served; leave it out'],
    ['OPT a', 'OPT is for messages; a zone has no such records'],
    ['ANY a', 'ANY is for messages; a zone has no such records'],
  ])('does not take %s', (text, message) => {
    expect(issuesOf(`x 60 ${text}`)).toEqual([{ line: 1, message }]);
  });

  it('names the types that it can read when it knows one by number only', () => {
    expect(issuesOf('x 60 LOC 1 2 3')[0]?.message).toMatch(
      /^found "LOC" as the type; allowed: A, NS, .*, or TYPEn with \\# as data$/,
    );
  });
});

describe('a record as one line', () => {
  it.each([
    ['x 60 A \\# 4 0a000001', 'x.example.test. 60 IN A 10.0.0.1'],
    ['x 60 AAAA 2001:db8:0:0:0:0:0:1', 'x.example.test. 60 IN AAAA 2001:db8::1'],
    ['sp\\032ace.\\@.\\$.\\;.a\\.b 60 NS .', 'sp\\032ace.\\@.\\$.\\;.a\\.b.example.test. 60 IN NS .'],
    ['x 60 TXT a "b c" \\"\\\\\\000', 'x.example.test. 60 IN TXT "a" "b c" "\\"\\\\\\000"'],
    ['x 60 CAA 0 issue ca.example.net', 'x.example.test. 60 IN CAA 0 issue "ca.example.net"'],
    ['x 60 SVCB 1 . port=53 alpn=h2,h3 key667', 'x.example.test. 60 IN SVCB 1 . alpn="h2,h3" port=53 key667'],
    ['x 60 DS 1 8 2 abcd', 'x.example.test. 60 IN DS 1 8 2 ABCD'],
    ['x 60 TYPE29 \\# 2 abcd', 'x.example.test. 60 IN TYPE29 \\# 2 ABCD'],
    ['x 60 TYPE4711 \\# 0', 'x.example.test. 60 IN TYPE4711 \\# 0'],
  ])('%s', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });
});
