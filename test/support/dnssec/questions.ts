import { TYPE } from '../dns-wire.ts';
import { DRAWN, PLAIN_ZONE, SAFE_ZONE, ZONE } from './signed-server.ts';

/** What a validator is to make of an answer. */
export type Verdict =
  /** Records of the type asked for, validated. */
  | 'secure'
  /** Nothing, and that is proved. */
  | 'denied'
  /** Aliases that lead to a name that is proved to have nothing. */
  | 'aliasToNothing'
  /** It is proved that the answer need not be signed. */
  | 'insecure'
  /** The same, and there is nothing. */
  | 'insecureNothing'
  /** The same, and the name is not there. */
  | 'insecureNoName'
  /** Signatures have no signatures. */
  | 'bare';

export interface Question {
  readonly what: string;
  readonly name: string;
  /** Mnemonic. */
  readonly type: string;
  readonly verdict: Verdict;
  /** delv asks only our server, so it gets nowhere where another one has the answer. */
  readonly elsewhere: boolean;
}

const TYPES: Readonly<Record<string, number>> = { ...TYPE, CDS: 59, CDNSKEY: 60, TYPE1000: 1_000 };

/** The number of a question's type. */
export function typeNumber({ type }: Question): number {
  const number = TYPES[type];
  if (number === undefined) throw new Error(`${type} is no type that these tests know`);
  return number;
}

const SECURE = [
  ['A of a hostname with shares', DRAWN, 'A'],
  ['AAAA of it', DRAWN, 'AAAA'],
  ['HTTPS of it', DRAWN, 'HTTPS'],
  ['letters in mixed case', 'dRaWn.ExAmPlE.tEsT', 'A'],
  ['a cluster of it', `east.${DRAWN}`, 'A'],
  ['the other cluster', `west.${DRAWN}`, 'AAAA'],
  ['what is in force', `_sluice.${DRAWN}`, 'TXT'],
  ['an explanation', `_explain.${DRAWN}`, 'TXT'],
  ['two values for a certificate authority', `_acme-challenge.${DRAWN}`, 'TXT'],
  ['SOA', ZONE, 'SOA'],
  ['NS', ZONE, 'NS'],
  ['DNSKEY', ZONE, 'DNSKEY'],
  ['CDS', ZONE, 'CDS'],
  ['CDNSKEY', ZONE, 'CDNSKEY'],
  ['static A', `shop.${ZONE}`, 'A'],
  ['static AAAA in capital letters', `SHOP.${ZONE}`, 'AAAA'],
  ['static MX', `mail.${ZONE}`, 'MX'],
  ['static MX that is written in mixed case', `mixedcase.${ZONE}`, 'MX'],
  ['static TXT', `txt.${ZONE}`, 'TXT'],
  ['static SRV', `srv.${ZONE}`, 'SRV'],
  ['static CAA', `caa.${ZONE}`, 'CAA'],
  ['static HTTPS', `svc.${ZONE}`, 'HTTPS'],
  ['static TLSA', `_443._tcp.shop.${ZONE}`, 'TLSA'],
  ['100 addresses, which takes TCP', `big.${ZONE}`, 'A'],
  ['an alias', `alias.${ZONE}`, 'A'],
  ['CNAME itself', `alias.${ZONE}`, 'CNAME'],
  ['an alias of an alias', `chain.${ZONE}`, 'A'],
  ['CNAME to nothing, itself', `dangling.${ZONE}`, 'CNAME'],
  ['CNAME to another zone, itself', `out.${ZONE}`, 'CNAME'],
  ['a wildcard', `x.wild.${ZONE}`, 'A'],
  ['a wildcard two labels up', `x.y.wild.${ZONE}`, 'TXT'],
  ['the wildcard by its own name', `*.wild.${ZONE}`, 'A'],
  ['a wildcard alias', `x.alias.wild.${ZONE}`, 'A'],
  ['CNAME of a wildcard', `x.alias.wild.${ZONE}`, 'CNAME'],
  ['a name that hides a wildcard', `taken.wild.${ZONE}`, 'A'],
  ['a name below an empty one', `leaf.ent.${ZONE}`, 'A'],
  ['NSEC of a name', `shop.${ZONE}`, 'NSEC'],
  ['NSEC of the apex', ZONE, 'NSEC'],
  ['NSEC of an alias', `alias.${ZONE}`, 'NSEC'],
  ['NSEC of a wildcard', `x.wild.${ZONE}`, 'NSEC'],
  ['NSEC of an empty name', `ent.${ZONE}`, 'NSEC'],
  ['NSEC of a name that is not there', `nothing.${ZONE}`, 'NSEC'],
  ['ANY', `shop.${ZONE}`, 'ANY'],
  ['ANY of the apex', ZONE, 'ANY'],
  ['DS of a delegation to somebody else', `far.${ZONE}`, 'DS'],
  ['DS of a signed zone below', SAFE_ZONE, 'DS'],
  ['the key of the zone below', SAFE_ZONE, 'DNSKEY'],
  ['a name in the zone below', `www.${SAFE_ZONE}`, 'A'],
] as const;

const DENIED = [
  ['a type at a hostname with shares', DRAWN, 'TXT'],
  ['a type that nobody knows', `shop.${ZONE}`, 'TYPE1000'],
  ['a type at the apex', ZONE, 'A'],
  ['a type of a wildcard', `x.wild.${ZONE}`, 'AAAA'],
  ['a type at a name that hides a wildcard', `taken.wild.${ZONE}`, 'TXT'],
  ['an empty name', `ent.${ZONE}`, 'A'],
  ['an empty name above a service', `_tcp.shop.${ZONE}`, 'A'],
  ['the empty name above a wildcard', `wild.${ZONE}`, 'A'],
  ['a name', `nothing.${ZONE}`, 'A'],
  ['a name in mixed case', `NoThInG.${ZONE}`, 'A'],
  ['a name deep below nothing', `a.b.c.nothing.${ZONE}`, 'MX'],
  ['a name below a hostname', `nothing.${DRAWN}`, 'A'],
  ['a name below one that hides a wildcard', `x.taken.wild.${ZONE}`, 'A'],
  ['ANY of a name', `nothing.${ZONE}`, 'ANY'],
  ['DS of a delegation with glue', `sub.${ZONE}`, 'DS'],
  ['DS of a delegation to elsewhere', `sub2.${ZONE}`, 'DS'],
  ['DS of an unsigned zone that is served here too', PLAIN_ZONE, 'DS'],
  ['a name of the zone below', `x.${SAFE_ZONE}`, 'A'],
  ['a type in the zone below', `www.${SAFE_ZONE}`, 'TXT'],
] as const;

const OTHERS = [
  ['aliasToNothing', 'an alias to a name that is not there', `dangling.${ZONE}`, 'A'],
  ['aliasToNothing', 'an alias to a name without the type', `chain.${ZONE}`, 'TXT'],
  ['aliasToNothing', 'a wildcard alias to a name that is not there', `x.dead.wild.${ZONE}`, 'A'],
  ['insecure', 'a name of an unsigned zone below', `www.${PLAIN_ZONE}`, 'A'],
  ['insecure', 'SOA of an unsigned zone below', PLAIN_ZONE, 'SOA'],
  ['insecureNothing', 'a type in an unsigned zone below', PLAIN_ZONE, 'A'],
  ['insecureNoName', 'no such name in an unsigned zone below', `x.${PLAIN_ZONE}`, 'A'],
] as const;

const ELSEWHERE = [
  ['insecure', 'an alias to another zone', `out.${ZONE}`, 'A'],
  ['insecure', 'a name behind a delegation without DS', `x.sub.${ZONE}`, 'A'],
  ['insecureNoName', 'no such name behind a delegation without DS', `nothing.sub.${ZONE}`, 'A'],
  // delv has no end with these, whosever server it asks.
  ['bare', 'RRSIG of a name', `shop.${ZONE}`, 'RRSIG'],
  ['bare', 'RRSIG of a name that is not there', `nothing.${ZONE}`, 'RRSIG'],
] as const;

/** One of each kind of answer that the server of `startSignedServer` has. */
export const QUESTIONS: readonly Question[] = [
  ...SECURE.map(([what, name, type]) => ({ what, name, type, verdict: 'secure' as const, elsewhere: false })),
  ...DENIED.map(([what, name, type]) => ({ what, name, type, verdict: 'denied' as const, elsewhere: false })),
  ...OTHERS.map(([verdict, what, name, type]) => ({ what, name, type, verdict, elsewhere: false })),
  ...ELSEWHERE.map(([verdict, what, name, type]) => ({ what, name, type, verdict, elsewhere: true })),
];

/** Zone files of what is elsewhere, by name. */
export const ELSEWHERE_ZONES: Readonly<Record<string, string>> = Object.fromEntries(
  ['example.org', `sub.${ZONE}`].map((zone) => [zone, elsewhereZone(zone)]),
);

function elsewhereZone(zone: string): string {
  return `$ORIGIN ${zone}.
$TTL 60
@   IN SOA ns hostmaster 1 3600 600 604800 30
@   IN NS  ns
ns  IN A   192.0.2.1
www IN A   192.0.2.99
x   IN A   192.0.2.98
`;
}
