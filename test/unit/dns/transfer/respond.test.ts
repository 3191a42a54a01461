import { Packet } from 'dns2';
import { describe, expect, it } from 'vitest';
import { ixfrSerial } from '../../../../src/planes/dns/transfer/ixfr.ts';
import { Journal } from '../../../../src/planes/dns/transfer/journal.ts';
import { answerTransfer, type TransferRequest } from '../../../../src/planes/dns/transfer/respond.ts';
import { authenticate, signMessage } from '../../../../src/planes/dns/transfer/tsig.ts';
import { diffVersions, type ZoneVersion } from '../../../../src/planes/dns/transfer/zone-version.ts';
import type { FlatRecord } from '../../../../src/planes/dns/wire/flat-record.ts';
import { anOpt, aQuery, aRecord, nameOctets, RCODE, TYPE, words } from '../../../support/dns-wire.ts';
import { address, aVersion, KEY, soa, ZONE } from './support.ts';

const NOW = 1_800_000_000;
const CLIENT = '192.0.2.53';
const QUESTION_END = 12 + nameOctets(ZONE).length + 4;

/** A zone that has changed step by step, all of which its journal knows. */
function aZone(...versions: readonly ZoneVersion[]) {
  const journal = new Journal();
  versions.slice(1).forEach((version, index) => {
    const before = versions[index];
    if (before !== undefined) journal.add(diffVersions(before, version));
  });
  const secondaries = [{ address: { host: CLIENT, port: 53 } }];
  return { version: versions.at(-1), journal, secondaries };
}

interface Asked {
  readonly type?: number;
  /** The serial that an IXFR client has. */
  readonly serial?: number;
  readonly udpLimit?: number;
  readonly clientAddress?: string;
  readonly opt?: Buffer;
  readonly zoneName?: string;
}

function aRequest({
  type = TYPE.AXFR,
  serial,
  zoneName = ZONE,
  clientAddress = CLIENT,
  ...rest
}: Asked = {}): TransferRequest {
  const authority = serial === undefined ? [] : [aRecord(ZONE, { type: TYPE.SOA, data: soa(serial).data })];
  const counts = [1, 0, authority.length, 0];
  const message = aQuery(zoneName, { type, counts, additionals: authority });
  return { message, questionEnd: QUESTION_END, type, authentication: { kind: 'unsigned' }, clientAddress, ...rest };
}

interface Seen {
  readonly octets: Buffer;
  readonly id: number;
  readonly authoritative: boolean;
  readonly rcode: number;
  readonly question: string | undefined;
  /** `SOA 7`, or owner and data. */
  readonly answers: readonly string[];
  readonly additionals: readonly number[];
}

function ask(zone: Parameters<typeof answerTransfer>[1], asked: Asked = {}) {
  const { kind, messages } = answerTransfer(aRequest(asked), zone, NOW);
  const read = [...messages].map(readMessage);
  return { kind, messages: read, records: read.flatMap(({ answers }) => answers) };
}

/** With dns2, which knows nothing of the code under test. */
function readMessage(octets: Buffer): Seen {
  const { header, questions, answers, authorities, additionals } = Packet.parse(octets);
  const sizes = [questions, answers, authorities, additionals].map((section) => section.length);
  expect(sizes).toEqual([header.qdcount, header.ancount, header.nscount, header.arcount]);
  return {
    octets,
    id: header.id,
    authoritative: header.aa === 1,
    rcode: header.rcode,
    question: questions[0]?.name,
    answers: answers.map(({ type, name, serial, address: ip, ns }) =>
      type === TYPE.SOA ? `SOA ${serial}` : `${name} ${ip ?? ns}`,
    ),
    additionals: additionals.map(({ type }) => type),
  };
}

const a = address(`a.${ZONE}`, '192.0.2.1');
const b = address(`b.${ZONE}`, '192.0.2.2');
const c = address(`c.${ZONE}`, '192.0.2.3');
const apex = [`${ZONE} ns1.${ZONE}`, `ns1.${ZONE} 127.0.0.1`];
const many = (count: number): readonly FlatRecord[] =>
  Array.from({ length: count }, (_, index) => address(`h${index}.${ZONE}`, '192.0.2.9'));

describe('AXFR', () => {
  it('gives the whole zone between two copies of its SOA', () => {
    const { kind, messages, records } = ask(aZone(aVersion(7, [a, b])));
    expect(kind).toBe('full');
    expect(records).toEqual(['SOA 7', ...apex, `a.${ZONE} 192.0.2.1`, `b.${ZONE} 192.0.2.2`, 'SOA 7']);
    expect(messages).toMatchObject([{ id: 0x1234, authoritative: true, rcode: 0, question: ZONE, additionals: [] }]);
  });

  it('takes several messages for a large zone, the question in the first, none too large', () => {
    const { messages, records } = ask(aZone(aVersion(7, many(3_000))));
    expect(messages).toHaveLength(6);
    expect(messages.map(({ question }) => question !== undefined)).toEqual([true, false, false, false, false, false]);
    expect(new Set(messages.map(({ id }) => id))).toEqual(new Set([0x1234]));
    expect(Math.max(...messages.map(({ octets }) => octets.length))).toBeLessThanOrEqual(16_384);
    expect(records).toHaveLength(3_004);
    expect(new Set(records).size).toBe(3_003);
  });

  it('sends a record that is larger than a message should be in a message of its own', () => {
    const large = { owner: nameOctets(`a.${ZONE}`), type: 65_280, ttlSeconds: 1, data: Buffer.alloc(30_000) };
    const { messages } = ask(aZone(aVersion(7, [large, b])));
    expect(messages.map(({ answers }) => answers.length)).toEqual([3, 1, 2]);
  });

  it('keeps the letters of names as they are in the zone, whatever letters are asked with', () => {
    const mixed = address('A.eXAMPLE.test', '192.0.2.1');
    const [message] = answerTransfer(aRequest({ zoneName: 'EXAMPLE.test' }), aZone(aVersion(7, [mixed])), NOW).messages;
    expect(message?.includes(mixed.owner)).toBe(true);
    expect(message?.includes(nameOctets(ZONE))).toBe(true);
  });

  it('does not take the end of a label for the name of the zone', () => {
    const owner = Buffer.concat([Buffer.of(13), nameOctets(ZONE).subarray(0, -1), Buffer.of(0)]);
    const trap = { owner, type: TYPE.A, ttlSeconds: 1, data: Buffer.alloc(4) };
    const [message] = answerTransfer(aRequest(), aZone(aVersion(7, [trap])), NOW).messages;
    expect(message?.includes(owner)).toBe(true);
  });

  it('says OPT to a client that said it, in the first message', () => {
    const { messages } = ask(aZone(aVersion(7, many(1_000))), { opt: anOpt() });
    expect(messages.map(({ additionals }) => additionals)).toEqual([[TYPE.OPT], []]);
  });
});

describe('IXFR', () => {
  const enough = many(50);
  const history = [aVersion(7, [a, ...enough]), aVersion(8, [b, ...enough]), aVersion(10, [b, c, ...enough])];

  it('gives each change since the serial of the client: what is removed, what is added', () => {
    const { kind, records } = ask(aZone(...history), { type: TYPE.IXFR, serial: 7 });
    expect(kind).toBe('incremental');
    const first = ['SOA 7', `a.${ZONE} 192.0.2.1`, 'SOA 8', `b.${ZONE} 192.0.2.2`];
    expect(records).toEqual(['SOA 10', ...first, 'SOA 8', 'SOA 10', `c.${ZONE} 192.0.2.3`, 'SOA 10']);
  });

  it.each([10, 11, 0x7000_0000])('gives the SOA alone to a client that has serial %d', (serial) => {
    expect(ask(aZone(...history), { type: TYPE.IXFR, serial })).toMatchObject({
      kind: 'upToDate',
      records: ['SOA 10'],
    });
  });

  it.each([0, 9, 0xf000_0000])('gives the whole zone to a client with serial %d, which nobody remembers', (serial) => {
    const { kind, records } = ask(aZone(...history), { type: TYPE.IXFR, serial });
    expect(kind).toBe('full');
    expect(records).toHaveLength(2 + 2 + 52);
  });

  it('gives the whole zone when that is shorter than what has changed', () => {
    expect(ask(aZone(aVersion(7, [a]), aVersion(8, [b])), { type: TYPE.IXFR, serial: 7 }).kind).toBe('full');
  });

  it('gives the whole zone for several changes over the end of the numbers, which NSD cannot follow', () => {
    const last = 0xffff_ffff;
    const versions = [last - 1, last, 1].map((serial) =>
      aVersion(serial, [...enough, address(`a.${ZONE}`, '192.0.2.1', serial % 60)]),
    );
    expect(ask(aZone(...versions), { type: TYPE.IXFR, serial: last - 1 }).kind).toBe('full');
    expect(ask(aZone(...versions), { type: TYPE.IXFR, serial: last }).kind).toBe('incremental');
  });

  it('gives the SOA alone over UDP when the change does not fit, and the change when it does', () => {
    const zone = aZone(aVersion(7, many(500)), aVersion(8, [...many(500), a]), aVersion(9, many(400)));
    const asked = { type: TYPE.IXFR, udpLimit: 1_232 };
    expect(ask(zone, { ...asked, serial: 8 })).toMatchObject({ kind: 'tooLargeForUdp', records: ['SOA 9'] });
    const small = aZone(...history);
    const { kind, messages } = ask(small, { ...asked, serial: 8 });
    expect([kind, messages.length]).toEqual(['incremental', 1]);
  });

  it('leaves room for the signature over UDP', () => {
    const zone = {
      ...aZone(aVersion(7, many(500)), aVersion(8, many(450))),
      secondaries: [{ address: { host: CLIENT, port: 1 }, key: KEY }],
    };
    const plain = aRequest({ type: TYPE.IXFR, serial: 7 });
    const { message } = signMessage(plain.message, { key: KEY, nowSeconds: NOW, context: { kind: 'request' } });
    const authentication = authenticate(message, { keys: [KEY], nowSeconds: NOW });
    for (let udpLimit = 512; udpLimit < 2_000; udpLimit += 1) {
      const { messages } = answerTransfer({ ...plain, message, authentication, udpLimit }, zone, NOW);
      for (const one of messages) expect(one.length).toBeLessThanOrEqual(udpLimit);
    }
  });

  it('reads the serial behind names that are pointers', () => {
    const data = Buffer.concat([
      words(0xc00c),
      Buffer.of(1, 0x78),
      words(0xc00c),
      soa(4_000_000_000).data.subarray(-20),
    ]);
    const message = aQuery(ZONE, {
      type: TYPE.IXFR,
      counts: [1, 0, 1, 0],
      additionals: [Buffer.concat([words(0xc00c, TYPE.SOA, 1, 0, 0, data.length), data])],
    });
    expect(ixfrSerial(message, QUESTION_END)).toBe(4_000_000_000);
  });

  it.each([
    ['no authority', aQuery(ZONE, { type: TYPE.IXFR })],
    ['an SOA elsewhere', aQuery(ZONE, { additionals: [aRecord(ZONE, { type: TYPE.SOA, data: soa(1).data })] })],
    [
      'another type there',
      aQuery(ZONE, { counts: [1, 0, 1, 0], additionals: [aRecord(ZONE, { type: TYPE.NS, data: soa(1).data })] }),
    ],
    [
      'an SOA that ends early',
      aQuery(ZONE, {
        counts: [1, 0, 1, 0],
        additionals: [aRecord(ZONE, { type: TYPE.SOA, data: soa(1).data.subarray(0, -1) })],
      }),
    ],
    [
      'an SOA with octets to spare',
      aQuery(ZONE, {
        counts: [1, 0, 1, 0],
        additionals: [aRecord(ZONE, { type: TYPE.SOA, data: Buffer.concat([soa(1).data, Buffer.of(0)]) })],
      }),
    ],
    [
      'an SOA of no names',
      aQuery(ZONE, {
        counts: [1, 0, 1, 0],
        additionals: [aRecord(ZONE, { type: TYPE.SOA, data: Buffer.alloc(3, 0x3f) })],
      }),
    ],
  ])('finds no serial with %s', (_, message) => {
    expect(ixfrSerial(message, QUESTION_END)).toBeUndefined();
  });
});

describe('a transfer is refused', () => {
  const zone = aZone(aVersion(7, [a]));
  it.each([
    ['to a stranger', { clientAddress: '192.0.2.54' }, zone, RCODE.REFUSED],
    ['as AXFR over UDP', { udpLimit: 1_232 }, zone, RCODE.FORMERR],
    ['as IXFR without a serial', { type: TYPE.IXFR }, zone, RCODE.FORMERR],
    ['before the zone is there', {}, { ...zone, version: undefined }, RCODE.SERVFAIL],
    [
      'to an unsigned request where a key is wanted',
      {},
      { ...zone, secondaries: [{ address: { host: CLIENT, port: 53 }, key: KEY }] },
      RCODE.REFUSED,
    ],
  ] as const)('%s, without a record of the zone', (_, asked, from, rcode) => {
    const { kind, messages, records } = ask(from, { ...asked, opt: anOpt() });
    expect(kind).toBe('refused');
    expect(messages).toMatchObject([
      { id: 0x1234, rcode, authoritative: false, question: ZONE, additionals: [TYPE.OPT] },
    ]);
    expect(records).toEqual([]);
  });

  it.each([
    [{ kind: 'malformed' }, RCODE.FORMERR],
    [
      authenticate(signMessage(aQuery(ZONE), { key: KEY, nowSeconds: NOW, context: { kind: 'request' } }).message, {
        keys: [],
        nowSeconds: NOW,
      }),
      RCODE.NOTAUTH,
    ],
  ] as const)('for its signature, also to a listed address (%o)', (authentication, rcode) => {
    const response = answerTransfer({ ...aRequest(), authentication }, zone, NOW);
    expect(response).toMatchObject({ kind: 'refused', rcode });
  });
});
