import { describe, expect, it } from 'vitest';
import { anIngress, anOpt, aQuery, aResponder, EAST, HOST, read, served, WEST, wireName } from './support.ts';

const A = 1;
const NS = 2;
const SOA = 6;
const HINFO = 13;
const TXT = 16;
const AAAA = 28;
const ANY = 255;

const [NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED] = [0, 1, 2, 3, 4, 5];
const NEGATIVE = ['6 example.test'];

const HOSTS = [
  anIngress(),
  anIngress({ host: 'claimed.example.test', targets: [] }),
  anIngress({ host: 'deep.down.below.example.test' }),
  anIngress({ host: 'elsewhere.test' }),
].map((state) => served(state));

const serving = (overrides: Parameters<typeof anIngress>[0]) => aResponder({ hosts: [served(anIngress(overrides))] });

function ask(name: string | Buffer, type = A, options: Parameters<typeof aQuery>[1] = {}) {
  return read(aResponder({ hosts: HOSTS }).respond(aQuery(name, { type, ...options })));
}

describe('names that exist', () => {
  it.each([
    ['a hostname, one cluster with all its addresses', HOST, A, ['127.0.0.11']],
    ['a hostname in any case', 'sHoP.ExAmPlE.tEsT', A, ['127.0.0.11']],
    ['AAAA, from those who have it', HOST, AAAA, ['::b']],
    ['a cluster by name', `west.${HOST}`, A, ['127.0.0.12', '127.0.0.13']],
    ['a cluster by name at share 0', `north.${HOST}`, A, ['127.0.0.14']],
    ['the name server', 'ns1.example.test', A, ['127.0.0.1']],
    ['a hostname below empty non-terminals', 'deep.down.below.example.test', A, ['127.0.0.11']],
  ])('answers %s', (_name, name, type, addresses) => {
    const seen = ask(name, type);
    expect(seen).toMatchObject({ rcode: NOERROR, authoritative: true, truncated: false, addresses, authority: [] });
    expect(seen.packet.answers.map(({ name: owner }) => owner.toLowerCase())).toEqual(
      addresses.map(() => name.toLowerCase()),
    );
  });

  it('answers SOA and NS at the apex', () => {
    const [soa] = ask('example.test', SOA).packet.answers;
    expect(soa).toMatchObject({ name: 'example.test', primary: 'ns1.example.test', admin: 'hostmaster.example.test' });
    expect(soa).toMatchObject({ serial: 101, minimum: 30, ttl: 30 });
    expect(ask('example.test', NS).packet.answers).toMatchObject([{ name: 'example.test', ns: 'ns1.example.test' }]);
  });

  it('tells revision, TTL and shares, one string a fact', () => {
    const [record] = ask(`_sluice.${HOST}`, TXT).packet.answers;
    expect(record).toMatchObject({ ttl: 0, data: ['revision=7', 'ttl=5', 'east=9000', 'north=0', 'west=1000'] });
    const [claimed] = ask('_sluice.claimed.example.test', TXT).packet.answers;
    expect(claimed).toMatchObject({ data: ['revision=7', 'ttl=5'] });
  });

  it('carries the TTL of the hostname', () => {
    expect(ask(HOST).packet.answers.map(({ ttl }) => ttl)).toEqual([5]);
  });

  it('answers ANY with one small record (RFC 8482)', () => {
    expect(ask(HOST, ANY).packet.answers).toMatchObject([{ type: HINFO, ttl: 3_600 }]);
  });

  it('answers for a hostname that is the apex, beside SOA and NS', () => {
    const { respond } = serving({ host: 'example.test' });
    expect(read(respond(aQuery('example.test'))).addresses).toEqual(['127.0.0.11']);
    expect(read(respond(aQuery('example.test', { type: SOA }))).packet.answers).toHaveLength(1);
    expect(read(respond(aQuery('east.example.test'))).addresses).toEqual(['127.0.0.11']);
  });
});

describe('what is not there', () => {
  it.each([
    ['a type of a hostname', HOST, TXT],
    ['unknown types', HOST, 65_280],
    ['type 65535', HOST, 65_535],
    ['HTTPS', HOST, 65],
    ['OPT as a question', HOST, 41],
    ['a family that the cluster has not', `west.${HOST}`, AAAA],
    ['a claimed hostname with no targets', 'claimed.example.test', A],
    ['an empty non-terminal', 'below.example.test', A],
    ['an empty non-terminal further down', 'down.below.example.test', A],
    ['A at the apex', 'example.test', A],
  ])('is NODATA with SOA: %s', (_name, name, type) => {
    expect(ask(name, type)).toMatchObject({ rcode: NOERROR, authoritative: true, addresses: [], authority: NEGATIVE });
  });

  it.each([
    ['a name in the zone', 'nothing.example.test'],
    ['a name below a hostname', `x.${HOST}`],
    ['a name below a cluster', `x.east.${HOST}`],
    ['a name beside one below an empty non-terminal', 'up.below.example.test'],
    ['names of JavaScript', '__proto__.example.test'],
    ['constructor', `constructor.${HOST}`],
    ['the longest label', `${'x'.repeat(63)}.example.test`],
  ])('is NXDOMAIN with SOA: %s', (_name, name) => {
    for (const type of [A, ANY, TXT, 65_280]) {
      expect(ask(name, type)).toMatchObject({ rcode: NXDOMAIN, authoritative: true, authority: NEGATIVE });
    }
  });

  it('is NXDOMAIN for a name of 255 octets and FORMERR for one of 256', () => {
    const zone = ['example', 'test'];
    const filler = ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63)];
    expect(ask(wireName([...filler, 'd'.repeat(48), ...zone])).rcode).toBe(NXDOMAIN);
    expect(ask(wireName([...filler, 'd'.repeat(49), ...zone])).rcode).toBe(FORMERR);
  });

  it('takes a dot inside a label for an octet, and folds ASCII letters only', () => {
    expect(ask(wireName(['shop.example', 'test'])).rcode).toBe(REFUSED);
    expect(ask(wireName(['shop\u00c1', 'example', 'test'])).rcode).toBe(NXDOMAIN);
    expect(ask(wireName([Buffer.of(0, 0x20, 0xff), 'example', 'test'])).rcode).toBe(NXDOMAIN);
  });

  it.each(['elsewhere.test', 'test', '', 'notexample.test', 'example.test.other'])('is REFUSED outside: %j', (name) => {
    expect(ask(name)).toMatchObject({ rcode: REFUSED, authoritative: false, addresses: [], authority: [] });
  });

  it('is SERVFAIL before the first state, never NXDOMAIN', () => {
    const { respond } = aResponder({ hosts: [], synced: false });
    for (const name of [HOST, 'example.test', 'nothing.example.test']) {
      expect(read(respond(aQuery(name)))).toMatchObject({ rcode: SERVFAIL, authoritative: false });
    }
    expect(read(respond(aQuery('other.test'))).rcode).toBe(REFUSED);
  });
});

describe('what is not done', () => {
  it.each([
    ['AXFR', 252, 1],
    ['IXFR', 251, 1],
    ['class CH', A, 3],
    ['class ANY', A, 255],
    ['class 0', A, 0],
  ])('is REFUSED: %s', (_name, type, queryClass) => {
    const seen = ask('example.test', type, { class: queryClass });
    expect(seen).toMatchObject({ rcode: REFUSED, authoritative: false });
    expect(seen.packet.answers).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 15])('is NOTIMP: opcode %i, echoed', (opcode) => {
    const seen = ask('example.test', SOA, { flags: opcode << 11 });
    expect(seen.rcode).toBe(NOTIMP);
    expect(seen.packet.header).toMatchObject({ opcode, qr: 1, aa: 0 });
  });
});

describe('header', () => {
  it.each([0x0000, 0x0100, 0xffff & ~0xf800])('echoes id, question and RD, and no other flag (flags %i)', (flags) => {
    const query = aQuery('sHoP.example.test', { id: 0xffff, flags });
    const response = aResponder().respond(query);
    expect(read(response).packet.header).toMatchObject({ id: 0xffff, qr: 1, ra: 0, z: 0, tc: 0, aa: 1, rcode: 0 });
    expect(read(response).packet.header.rd).toBe((flags >> 8) & 1);
    expect(response?.subarray(12, query.length)).toEqual(query.subarray(12));
  });
});

describe('EDNS', () => {
  const edns = (options: Parameters<typeof anOpt>[0] = {}, name = HOST) =>
    ask(name, A, { additionals: [anOpt(options)] });

  it('comes back only when it was there, on every rcode', () => {
    expect(ask(HOST).opt).toBeUndefined();
    for (const name of [HOST, 'nothing.example.test', 'other.test']) {
      expect(edns({}, name).opt).toMatchObject({ size: 1_232, version: 0, flags: 0 });
    }
  });

  it('copies DO and CO (RFC 9824) and clears unknown flags', () => {
    expect(edns({ flags: 0xffff }).opt).toMatchObject({ flags: 0xc000 });
    expect(edns({ flags: 0x3fff }).opt).toMatchObject({ flags: 0 });
  });

  it.each([1, 100, 255])('answers version %i with BADVERS and no data', (version) => {
    const seen = edns({ version, flags: 0x8000 });
    expect(seen).toMatchObject({ rcode: 16, authoritative: false, addresses: [] });
    expect(seen.opt).toMatchObject({ version: 0, flags: 0x8000 });
  });

  it('ignores unknown options, walking them by octets', () => {
    const options = Buffer.from('ffde0003aabbccffdf00000003000000080007000118000a0b0c', 'hex');
    expect(edns({ options })).toMatchObject({ rcode: NOERROR, addresses: ['127.0.0.11'] });
  });

  it.each([
    ['an option that runs past its record', anOpt({ options: Buffer.from('000a00ff00', 'hex') })],
    ['half an option', anOpt({ options: Buffer.from('000a', 'hex') })],
    ['a record that runs past the message', anOpt({ options: Buffer.alloc(8) }).subarray(0, -2)],
    ['an owner that is not the root', anOpt({ owner: wireName(['a']) })],
    ['two of them', Buffer.concat([anOpt(), anOpt()])],
  ])('is FORMERR with %s', (name, opt) => {
    const counts = [1, 0, 0, name === 'two of them' ? 2 : 1];
    expect(ask(HOST, A, { additionals: [opt], counts }).rcode).toBe(FORMERR);
  });
});

describe('size', () => {
  const addresses = Array.from({ length: 100 }, (_value, index) => `10.0.0.${index + 1}`);
  const big = { targets: [{ ...EAST, share: 10_000, addresses }] };
  const sized = (additionals: readonly Buffer[], transport: 'udp' | 'tcp' = 'udp') => {
    const response = serving(big).respond(aQuery(HOST, { additionals }), transport);
    return { size: response?.length ?? 0, ...read(response) };
  };

  it.each([
    ['no EDNS', [], 512],
    ['EDNS 0', [anOpt({ size: 0 })], 512],
    ['EDNS 512', [anOpt({ size: 512 })], 512],
    ['EDNS 1232', [anOpt({ size: 1_232 })], 1_232],
    ['EDNS 65535', [anOpt({ size: 65_535 })], 1_232],
  ])('is truncated whole with %s, and keeps the OPT', (_name, additionals, limit) => {
    const seen = sized(additionals);
    expect(seen).toMatchObject({ truncated: true, addresses: [], rcode: NOERROR });
    expect(seen.size).toBeLessThanOrEqual(limit);
    expect(seen.opt === undefined).toBe(additionals.length === 0);
    expect(seen.packet.questions).toHaveLength(1);
  });

  it('is whole over TCP', () => {
    expect(sized([anOpt()], 'tcp').addresses).toEqual(addresses);
  });

  it('fits as much as the client takes, to the octet', () => {
    const fitting = addresses.slice(0, 40);
    const { respond } = serving({ targets: [{ ...EAST, share: 10_000, addresses: fitting }] });
    const needed = respond(aQuery(HOST, { additionals: [anOpt({ size: 1_232 })] }))?.length ?? 0;
    const asked = (size: number) => read(respond(aQuery(HOST, { additionals: [anOpt({ size })] }))).truncated;
    expect([asked(needed), asked(needed - 1)]).toEqual([false, true]);
  });
});

describe('a fault of ours', () => {
  it('is SERVFAIL and is counted; the next query is answered', () => {
    const south = { ...WEST, cluster: 'south' };
    // Among three, chance comes into play at the first answer.
    let faults = 1;
    const random = () => {
      if (faults-- > 0) throw new Error('no chance');
      return 0.5;
    };
    const { respond, counters } = aResponder({ hosts: [served(anIngress({ targets: [EAST, WEST, south] }))], random });
    expect(read(respond(aQuery(HOST))).rcode).toBe(SERVFAIL);
    expect(read(respond(aQuery(HOST))).rcode).toBe(NOERROR);
    expect(counters.snapshot()).toMatchObject({ internalErrors: 1 });
  });
});

describe('counters', () => {
  it('tell type, rcode, host and cluster, and take no label from strangers', () => {
    const { respond, counters } = aResponder();
    for (let turn = 0; turn < 10; turn += 1) respond(aQuery(HOST));
    for (const type of [12_345, 23_456]) respond(aQuery('nothing.example.test', { type }));
    respond(aQuery(HOST, { counts: [9, 9, 9, 9] }));
    expect(counters.snapshot()).toMatchObject({
      queries: [
        { type: 'A', rcode: 'NOERROR', count: 10 },
        { type: 'other', rcode: 'NXDOMAIN', count: 2 },
      ],
      answers: [
        { host: HOST, cluster: 'east', count: 9 },
        { host: HOST, cluster: 'west', count: 1 },
      ],
      malformed: 1,
    });
  });
});
