import { describe, expect, it } from 'vitest';
import { RCODE, TYPE } from '../../support/dns-wire.ts';
import { anIngress, anOpt, aQuery, aResponder, aZone, HOST, read, served } from './support.ts';

const { A, NS, SOA, CNAME, TXT, AAAA, ANY } = TYPE;

const ZONES = [
  aZone({
    file: `
to-shop     CNAME shop
chain       CNAME to-chain
to-chain    CNAME to-shop
dangling    CNAME nothing.below.missing
no-type     CNAME txt
txt         TXT   "x"
out         CNAME www.example.org.
to-sub      CNAME x.sub
sub         NS    ns.elsewhere.test.
loop        CNAME round
round       CNAME loop
self        CNAME self
*.wild      CNAME to-shop
*.spin      CNAME x.spin
to-wild     CNAME any.thing.wild
to-apex     CNAME @
to-other    CNAME www.other.test.
to-nothing  CNAME nothing.other.test.
to-facts    CNAME _sluice.shop
to-cluster  CNAME west.shop
UPPER       CNAME Shop.EXAMPLE.test.
${Array.from({ length: 20 }, (_value, index) => `long${index} CNAME long${index + 1}`).join('\n')}
`,
  }),
  aZone({ name: 'other.test', file: 'www A 127.0.0.20\n', negativeTtlSeconds: 77 }),
];

function ask(name: string, type: number = A, flags?: number) {
  const { respond } = aResponder({ hosts: [served(anIngress())], zones: ZONES });
  const additionals = flags === undefined ? [] : [anOpt({ flags })];
  const { message } = read(respond(aQuery(`${name}.example.test`, { type, additionals })));
  const short = (text: string) => text.replaceAll('.example.test', '');
  return {
    rcode: message.rcode,
    authoritative: message.authoritative,
    answers: message.answers.map((one) => short(`${one.owner} ${one.type} ${one.text}`)),
    authority: message.authorities.map((one) => `${one.type} ${one.owner} ${one.ttl}`),
  };
}

const SHOP = `shop ${A} 127.0.0.11`;

describe('an alias', () => {
  it.each([
    ['to a hostname', 'to-shop', [`to-shop ${CNAME} shop`, SHOP]],
    ['to an alias', 'chain', [`chain ${CNAME} to-chain`, `to-chain ${CNAME} to-shop`, `to-shop ${CNAME} shop`, SHOP]],
    ['by a wildcard', 'a.b.wild', [`a.b.wild ${CNAME} to-shop`, `to-shop ${CNAME} shop`, SHOP]],
    [
      'to what a wildcard answers for',
      'to-wild',
      [`to-wild ${CNAME} any.thing.wild`, `any.thing.wild ${CNAME} to-shop`, `to-shop ${CNAME} shop`, SHOP],
    ],
    [
      'to a cluster of a hostname',
      'to-cluster',
      [`to-cluster ${CNAME} west.shop`, `west.shop ${A} 127.0.0.12`, `west.shop ${A} 127.0.0.13`],
    ],
    ['to another zone of ours', 'to-other', [`to-other ${CNAME} www.other.test`, `www.other.test ${A} 127.0.0.20`]],
    ['to a name in capitals', 'upper', [`upper ${CNAME} shop`, SHOP]],
  ])('is answered with what it leads to: %s', (_name, name, answers) => {
    expect(ask(name)).toEqual({ rcode: RCODE.NOERROR, authoritative: true, answers, authority: [] });
  });

  it('leads to other types alike, and is answered alone when it is asked for itself', () => {
    expect(ask('chain', AAAA).answers.at(-1)).toBe(`shop ${AAAA} 0000:0000:0000:0000:0000:0000:0000:000b`);
    expect(ask('no-type', TXT).answers).toEqual([`no-type ${CNAME} txt`, `txt ${TXT} "x"`]);
    expect(ask('to-apex', SOA).answers[1]).toMatch(/^example.test 6 ns1 hostmaster 101 /);
    expect(ask('chain', CNAME).answers).toEqual([`chain ${CNAME} to-chain`]);
    expect(ask('chain', ANY).answers).toHaveLength(1);
  });

  it('is answered alone when its target is outside all zones, and with a referral when it is delegated', () => {
    const answered = { rcode: RCODE.NOERROR, authoritative: true };
    expect(ask('out')).toEqual({ ...answered, answers: [`out ${CNAME} www.example.org`], authority: [] });
    const authority = [`${NS} sub.example.test 60`];
    expect(ask('to-sub')).toEqual({ ...answered, answers: [`to-sub ${CNAME} x.sub`], authority });
  });

  it.each([
    ['a name that is not there', 'dangling', RCODE.NXDOMAIN, `${SOA} example.test 30`],
    ['a type that is not there', 'no-type', RCODE.NOERROR, `${SOA} example.test 30`],
    ['an apex without the type', 'to-apex', RCODE.NOERROR, `${SOA} example.test 30`],
    ['a name that another zone denies', 'to-nothing', RCODE.NXDOMAIN, `${SOA} other.test 77`],
  ])('to %s says so by the SOA of the zone that would have it', (_name, name, rcode, authority) => {
    const seen = ask(name);
    expect(seen).toMatchObject({ rcode, authoritative: true, authority: [authority] });
    expect(seen.answers).toHaveLength(1);
  });

  it.each([
    ['two of them', 'loop', [`loop ${CNAME} round`, `round ${CNAME} loop`]],
    ['one', 'self', [`self ${CNAME} self`]],
    ['a wildcard', 'a.spin', [`a.spin ${CNAME} x.spin`, `x.spin ${CNAME} x.spin`]],
  ])('in a loop is answered once: %s', (_name, name, answers) => {
    for (const flags of [undefined, 0, 0x8000]) {
      expect(ask(name, A, flags)).toEqual({ rcode: RCODE.NOERROR, authoritative: true, answers, authority: [] });
    }
  });

  it('is followed a few times, not for ever', () => {
    const { rcode, answers } = ask('long0');
    expect([rcode, answers.length]).toEqual([RCODE.NOERROR, 8]);
  });

  it('to what is told to some only is refused to others', () => {
    const { respond } = aResponder({ zones: ZONES });
    const query = aQuery('to-facts.example.test', { type: TXT });
    expect(read(respond(query, 'udp', '192.0.2.1'))).toMatchObject({ rcode: RCODE.REFUSED });
    expect(read(respond(query)).message.answers.map(({ owner }) => owner)).toEqual([
      'to-facts.example.test',
      `_sluice.${HOST}`,
    ]);
  });
});
