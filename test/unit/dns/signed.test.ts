import { describe, expect, it } from 'vitest';
import type { UnsignedSet } from '../../../src/planes/dns/zone/types.ts';
import { DNSSEC_OK, nameOctets, RCODE, TYPE } from '../../support/dns-wire.ts';
import { anIngress, anOpt, anUpdate, aQuery, aResponder, aTree, aZone, HOST, read, SERIAL, served } from './support.ts';

const { A, NS, SOA, CNAME, TXT, AAAA, DS, RRSIG, NSEC, ANY, DNSKEY } = TYPE;
const CO = 0x4000;

interface Signed {
  readonly owner: string;
  readonly set: UnsignedSet;
}

/** Type covered to key tag (RFC 4034 section 3.1), octets; the signer's name behind it is the root here. */
const HEAD = 18;

/** A signer whose signatures tell what they are for: the algorithm is the number of records, the signature the owner. */
function aSigner() {
  const signed: Signed[] = [];
  const sign = (owner: Buffer, set: UnsignedSet) => {
    signed.push({ owner: owner.toString('latin1'), set });
    const head = Buffer.alloc(HEAD + 1);
    head.writeUInt16BE(set.type, 0);
    head.writeUInt8(set.data.length, 2);
    return Buffer.concat([head, owner]);
  };
  return { signed, sign };
}

const FILE = `
*.wild   A     127.0.0.2
*.alias  CNAME shop
alias    CNAME shop
sub      NS    ns.sub
ns.sub   A     127.0.0.53
safe     NS    ns.other.test.
safe     DS    1 13 2 ${'00'.repeat(32)}
leaf.ent A     127.0.0.3
`;

function aSignedServer() {
  const signer = aSigner();
  const keys = { dnskeys: [Buffer.from('a key')], cds: [Buffer.from('cds')], cdnskeys: [Buffer.from('cdnskey')] };
  const server = aResponder({
    zones: [aZone({ file: FILE, signer, keys })],
    hosts: [served(anIngress({ tls: true }))],
  });
  const ask = (name: string, type: number = A, flags = DNSSEC_OK) =>
    read(server.respond(aQuery(name, { type, additionals: [anOpt({ flags })] })));
  return { ...signer, ...server, ask };
}

const covered = (data: Buffer) => data.readUInt16BE(0);

/** For each signature of a section: its owner, and the type and number of records that it covers. */
function signatures(records: ReturnType<typeof read>['message']['answers']): readonly string[] {
  return records
    .filter(({ type }) => type === RRSIG)
    .map(({ owner, data }) => `${owner} ${covered(data)} ${data.readUInt8(2)}`);
}

const NAMES = [
  [HOST, A],
  [HOST, AAAA],
  [HOST, TYPE.HTTPS],
  [`west.${HOST}`, A],
  [`_sluice.${HOST}`, TXT],
  [`_explain.${HOST}`, TXT],
  ['example.test', SOA],
  ['example.test', NS],
  ['example.test', DNSKEY],
  ['a.b.wild.example.test', A],
  ['alias.example.test', A],
  ['x.alias.example.test', A],
  ['safe.example.test', DS],
  [HOST, ANY],
] as const;

describe('a signed zone', () => {
  it.each(NAMES)('signs each set of an answer for clients that set DO, and for no others: %s type %i', (name, type) => {
    const { ask } = aSignedServer();
    const { answers } = ask(name, type).message;
    const sets = new Map<string, number>();
    for (const one of answers) {
      const key = `${one.owner} ${one.type}`;
      if (one.type !== RRSIG) sets.set(key, (sets.get(key) ?? 0) + 1);
    }
    expect(sets.size).toBeGreaterThan(0);
    expect([...signatures(answers)].sort()).toEqual([...sets].map(([key, count]) => `${key} ${count}`).sort());
    for (const one of answers.filter((record) => record.type === RRSIG)) {
      // Signed for the very name that the set has in this answer, wildcard or not (RFC 9824 section 3.3).
      expect(one.data.subarray(HEAD + 1)).toEqual(nameOctets(one.owner));
    }
  });

  it('shows nothing of it to clients without DO', () => {
    const { ask, respond } = aSignedServer();
    const names = [
      ...NAMES,
      ['nothing.example.test', A],
      [HOST, 99],
      ['x.sub.example.test', A],
      ['x.safe.example.test', A],
    ] as const;
    for (const [name, type] of names) {
      for (const { message } of [ask(name, type, 0), read(respond(aQuery(name, { type })))]) {
        const types = [...message.answers, ...message.authorities, ...message.additionals].map((one) => one.type);
        expect(types).not.toContain(RRSIG);
        expect(types).not.toContain(NSEC);
      }
    }
  });

  it('denies a name with NOERROR and a signed proof, with NXDOMAIN for who sets CO (RFC 9824)', () => {
    const { ask } = aSignedServer();
    for (const [flags, rcode] of [
      [DNSSEC_OK, RCODE.NOERROR],
      [DNSSEC_OK | CO, RCODE.NXDOMAIN],
      [0, RCODE.NXDOMAIN],
      [CO, RCODE.NXDOMAIN],
    ] as const) {
      const { message } = ask('nothing.example.test', A, flags);
      expect(message.rcode, `flags ${flags}`).toBe(rcode);
      const proof = ['nothing.example.test 47 1'];
      const expected = (flags & DNSSEC_OK) === 0 ? [] : ['example.test 6 1', ...proof];
      expect(signatures(message.authorities)).toEqual(expected);
    }
  });

  it.each([
    ['a type', HOST, 99, HOST],
    ['a type at an empty non-terminal', 'ent.example.test', A, 'ent.example.test'],
    ['a type of a wildcard, for the name asked', 'x.wild.example.test', TXT, 'x.wild.example.test'],
    ['a name behind an alias', 'alias.example.test', TXT, HOST],
    ['DS of its own apex', 'example.test', DS, 'example.test'],
  ])('proves that there is none: %s', (_name, name, type, owner) => {
    const { message } = aSignedServer().ask(name, type);
    expect(message.rcode).toBe(RCODE.NOERROR);
    expect(signatures(message.authorities)).toEqual(['example.test 6 1', `${owner} 47 1`]);
  });

  it('refers with DS and its signature, or with the proof that there is no DS', () => {
    const { ask } = aSignedServer();
    expect(signatures(ask('x.safe.example.test').message.authorities)).toEqual(['safe.example.test 43 1']);
    expect(signatures(ask('x.sub.example.test').message.authorities)).toEqual(['sub.example.test 47 1']);
    expect(signatures(ask('sub.example.test', DS).message.authorities)).toEqual([
      'example.test 6 1',
      'sub.example.test 47 1',
    ]);
    expect(ask('x.sub.example.test').message.additionals.map(({ type }) => type)).toEqual([A]);
  });

  it('signs nothing twice for queries: all but wildcards, denied names and explanations is signed before', () => {
    const { ask, signed } = aSignedServer();
    ask(HOST, 99);
    const before = signed.length;
    for (const [name, type] of [
      [HOST, A],
      [HOST, AAAA],
      [`west.${HOST}`, A],
      ['example.test', SOA],
      ['alias.example.test', A],
      [HOST, 99],
    ] as const) {
      for (let turn = 0; turn < 20; turn += 1) ask(name, type);
    }
    expect(signed.length).toBe(before);
  });

  it('signs a changed hostname anew, and its SOA, and nothing else', () => {
    const signer = aSigner();
    const tree = aTree([served(anIngress()), served(anIngress({ host: 'api.example.test' }))], {
      zones: [aZone({ signer })],
    });
    signer.signed.length = 0;
    tree.apply(anUpdate([served(anIngress({ revision: 8 }))], { serials: { 'example.test': SERIAL + 1 } }));
    const owners = new Set(signer.signed.map(({ owner }) => owner));
    expect([...owners].every((owner) => owner.includes('\x04shop') || owner === '\x07example\x04test\0')).toBe(true);
    // East and west each for A, east for AAAA too: each cluster's set has its own signature.
    const drawn = signer.signed.filter(({ owner }) => owner.startsWith('\x04shop'));
    expect(drawn.map(({ set }) => set.type).toSorted((left, right) => left - right)).toEqual([A, A, AAAA]);
  });

  it('answers with the signature of the very set that was drawn', () => {
    const { ask } = aSignedServer();
    for (let turn = 0; turn < 50; turn += 1) {
      const { answers } = ask(HOST).message;
      const addresses = answers.filter(({ type }) => type === A).length;
      expect(signatures(answers)).toEqual([`${HOST} ${A} ${addresses}`]);
    }
    expect(ask(HOST, CNAME).message.answers).toEqual([]);
  });
});
