import type { Client } from '../client.ts';
import type { AnswerSettings } from '../settings.ts';
import { EXTENDED_ERROR, HEADER_SIZE, QUESTION_POINTER, RCODE, TYPE } from '../wire/constants.ts';
import type { NameKey } from '../wire/names.ts';
import type { Query } from '../wire/query.ts';
import { hostInfoValue, type RecordSet, recordSet, textValue } from '../wire/records.ts';
import type { Placed, Response } from '../wire/response.ts';
import { denialAt, denialOf, signatureOf } from '../zone/denial.ts';
import { withSignature } from '../zone/records.ts';
import type { Found, ZoneTree } from '../zone/tree.ts';
import type { AliasEntry, DrawnEntry, Entry, FixedEntry, Node, Records, ToldEntry, Zone } from '../zone/types.ts';
import { explanation, facts } from './explain.ts';

/** A response, with what else is to be told about it. */
export interface Answer extends Response {
  /** Info code of an extended error (RFC 8914). */
  readonly extendedError?: number;
  /** The draw that it came from: it knows the scope of a client subnet. */
  readonly drawn?: DrawnEntry;
}

/** What an answer depends on besides the question. */
export interface Asker {
  readonly zones: ZoneTree;
  readonly client: Client;
  /** The client may see what is told to the networks of the settings only. */
  readonly isTrusted: () => boolean;
  readonly any: AnswerSettings['any'];
}

const NONE: readonly never[] = [];

/** An answer without records. */
export function bare(rcode: number, extendedError?: number): Answer {
  const answer = { rcode, authoritative: false, answer: NONE, authority: NONE, additional: NONE };
  return extendedError === undefined ? answer : { ...answer, extendedError };
}

const OUTSIDE = bare(RCODE.REFUSED, EXTENDED_ERROR.notAuthoritative);
const PROHIBITED = bare(RCODE.REFUSED, EXTENDED_ERROR.prohibited);
const INVALID_TYPE = bare(RCODE.FORMERR, EXTENDED_ERROR.invalidQueryType);

/** ANY gets one small record, whatever the name has: no amplifier (RFC 8482 section 4.2). */
const MINIMAL_ANY = { type: TYPE.HINFO, ttlSeconds: 3_600, data: [hostInfoValue('RFC8482', '')] };
const MINIMAL_ANY_RECORDS = recordSet(MINIMAL_ANY, MINIMAL_ANY.data);

/** How many aliases are followed: each costs a look-up. */
const MOST_ALIASES = 8;

const AT_QUESTION = { owner: QUESTION_POINTER, aliases: NONE };

/** The answer to what was found for a query of class IN. */
export function answerFound(query: Query, found: Found, asker: Asker): Answer {
  if (query.type === TYPE.NXNAME) return INVALID_TYPE;
  switch (found.kind) {
    case 'outside':
      return OUTSIDE;
    case 'missing':
      return missing(query, { zone: found.zone, name: query.name, owner: QUESTION_POINTER, aliases: NONE });
    case 'delegated':
      return delegated(query, found, { name: query.name, owner: QUESTION_POINTER, aliases: NONE });
    case 'node':
    case 'wildcard':
      return atNode(query, found, asker);
    default:
      return found satisfies never;
  }
}

type AtNode = Extract<Found, { kind: 'node' | 'wildcard' }>;

function atNode(query: Query, { kind, node }: AtNode, asker: Asker): Answer {
  const { type, name } = query;
  if (type === TYPE.A && node.drawnA !== undefined) return drawn(query, node.drawnA, AT_QUESTION, asker);
  if (type === TYPE.DS && node.zone.key === name) return aboveApex(query, node, asker.zones);
  const place: Place = { node, name, wildcard: kind === 'wildcard', owner: QUESTION_POINTER, aliases: NONE };
  if (type === TYPE.ANY) return asker.any === 'refused' ? PROHIBITED : minimalAny(query, place);
  const proof = isOfProof(type) ? proofOfNoData(node, name, place.wildcard) : undefined;
  if (proof !== undefined) return positive(place, fromProof(type, proof));
  const entry = node.entries.get(type) ?? node.entries.get(TYPE.CNAME);
  return entry === undefined ? noData(query, place) : withEntry(query, { entry, place }, asker);
}

/**
 * NSEC and its RRSIG are at every name of a signed zone, denied ones included, beside an alias too (RFC 4035 section 2.5;
 * RFC 9824 section 3.1): they are made when they are asked for. Who asks for RRSIG gets this one and not all there are
 * (RFC 8482 section 4.1).
 */
function isOfProof(type: number): boolean {
  return type === TYPE.NSEC || type === TYPE.RRSIG;
}

function fromProof(type: number, proof: RecordSet): RecordSet {
  return type === TYPE.NSEC ? proof : signatureOf(proof);
}

/** Where in the chain of aliases an answer stands. */
interface Place {
  readonly node: Node;
  readonly name: NameKey;
  readonly wildcard: boolean;
  /** Pointer to `name` in the message. */
  readonly owner: number;
  readonly aliases: readonly Alias[];
}

/** An alias that has been followed, and whose it is. */
interface Alias extends Placed {
  readonly name: NameKey;
}

interface EntryAt {
  readonly entry: Entry;
  readonly place: Place;
}

function withEntry(query: Query, { entry, place }: EntryAt, asker: Asker): Answer {
  switch (entry.kind) {
    case 'drawn':
      return drawn(query, entry, place, asker);
    case 'fixed':
      return withGlue(positive(place, choose(query, setOf(query, entry, place))), entry.glue);
    case 'soa':
      return positive(place, choose(query, place.node.zone.soa));
    case 'alias':
      return query.type === TYPE.CNAME
        ? positive(place, choose(query, setOf(query, entry, place)))
        : alongAlias(query, { entry, place }, asker);
    case 'told':
      return told(query, { entry, place }, asker);
    default:
      return entry satisfies never;
  }
}

function drawn(query: Query, entry: DrawnEntry, place: Pick<Place, 'owner' | 'aliases'>, { client }: Asker): Answer {
  const choice = entry.choices[entry.draw.next(client)];
  if (choice === undefined) throw new Error('drew a choice that is not there');
  choice.answered.count += 1;
  const answer = positive(place, choose(query, choice.records));
  // Only who sent a subnet hears of its scope.
  return query.edns?.subnet === undefined ? answer : { ...answer, drawn: entry };
}

/** What is in force now, so nobody may keep it. */
const TOLD_TTL_SECONDS = 0;

function told(
  query: Query,
  { entry, place }: { readonly entry: ToldEntry; readonly place: Place },
  { client, isTrusted }: Asker,
): Answer {
  if (!isTrusted()) return PROHIBITED;
  const strings = entry.what === 'facts' ? facts(entry.host) : explanation(entry.host, client);
  const set = { type: TYPE.TXT, ttlSeconds: TOLD_TTL_SECONDS, data: [textValue(strings)] };
  const plain = recordSet(set, set.data);
  const records = { plain, signed: withSignature(place.node.zone, place.name, set, plain) };
  return positive(place, choose(query, records));
}

function positive({ owner, aliases }: Pick<Missing, 'owner' | 'aliases'>, set: RecordSet): Answer {
  const placed = { set, owner };
  const answer = aliases.length === 0 ? [placed] : [...aliases, placed];
  return { rcode: RCODE.NOERROR, authoritative: true, answer, authority: NONE, additional: NONE };
}

function withGlue(answer: Answer, glue: RecordSet | undefined): Answer {
  if (glue === undefined || glue.count === 0) return answer;
  return { ...answer, additional: [{ set: glue, owner: 0 }] };
}

/** The alias, and what is at its target when that is ours; a target elsewhere is the resolver's to follow. */
function alongAlias(
  query: Query,
  { entry, place }: { readonly entry: AliasEntry; readonly place: Place },
  asker: Asker,
): Answer {
  const set = choose(query, setOf(query, entry, place));
  const aliases = [...place.aliases, { set, owner: place.owner, name: place.name }];
  const isLoop = aliases.some(({ name }) => name === entry.target);
  if (isLoop || aliases.length >= MOST_ALIASES) return partial(aliases);
  const found = asker.zones.find(entry.target);
  // The target's name stands in the alias's data, behind its owner, type, class, TTL and length.
  const owner = 0xc000 | (query.questionEnd + sizeOf(place.aliases) + HEADER_SIZE);
  const target = { name: entry.target, owner, aliases };
  switch (found.kind) {
    case 'outside':
      return partial(aliases);
    case 'delegated':
      return delegated(query, found, target);
    case 'missing':
      return missing(query, { ...target, zone: found.zone });
    case 'node':
    case 'wildcard': {
      const next: Place = { ...target, node: found.node, wildcard: found.kind === 'wildcard' };
      const nextEntry = found.node.entries.get(query.type) ?? found.node.entries.get(TYPE.CNAME);
      return nextEntry === undefined ? noData(query, next) : withEntry(query, { entry: nextEntry, place: next }, asker);
    }
    default:
      return found satisfies never;
  }
}

function partial(aliases: readonly Placed[]): Answer {
  return { rcode: RCODE.NOERROR, authoritative: true, answer: aliases, authority: NONE, additional: NONE };
}

/** A wildcard's records are signed for the name that was asked for (RFC 9824 section 3.3). */
function setOf(query: Query, { records, set }: FixedEntry | AliasEntry, { wildcard, node, name }: Place): Records {
  if (!wildcard || !query.edns?.dnssecOk) return records;
  return { plain: records.plain, signed: withSignature(node.zone, name, set, records.plain) };
}

function choose(query: Query, { plain, signed }: Records): RecordSet {
  return query.edns?.dnssecOk ? signed : plain;
}

function minimalAny(query: Query, { node, name }: Place): Answer {
  const signed = query.edns?.dnssecOk
    ? withSignature(node.zone, name, MINIMAL_ANY, MINIMAL_ANY_RECORDS)
    : MINIMAL_ANY_RECORDS;
  const answer = [{ set: signed, owner: QUESTION_POINTER }];
  return { rcode: RCODE.NOERROR, authoritative: true, answer, authority: NONE, additional: NONE };
}

interface Missing {
  readonly zone: Zone;
  readonly name: NameKey;
  readonly owner: number;
  readonly aliases: readonly Placed[];
}

/** With a signed proof the code is NOERROR, unless the client knows better (RFC 9824 sections 3.1 and 5.1). */
function missing(query: Query, { zone, name, owner, aliases }: Missing): Answer {
  const proof = query.edns?.dnssecOk ? denialOf(zone, name, { kind: 'noName' }) : undefined;
  if (proof !== undefined && isOfProof(query.type)) return positive({ owner, aliases }, fromProof(query.type, proof));
  const rcode = proof !== undefined && !query.edns?.compactOk ? RCODE.NOERROR : RCODE.NXDOMAIN;
  return negative(query, { zone, name, owner, aliases, proof, rcode });
}

function noData(query: Query, { node, name, wildcard, owner, aliases }: Place): Answer {
  const proof = query.edns?.dnssecOk ? proofOfNoData(node, name, wildcard) : undefined;
  return negative(query, { zone: node.zone, name, owner, aliases, proof, rcode: RCODE.NOERROR });
}

function proofOfNoData(node: Node, name: NameKey, wildcard: boolean): RecordSet | undefined {
  if (!wildcard) return denialAt(node, name);
  return denialOf(node.zone, name, { kind: 'noType', types: node.entries.keys() });
}

function aboveApex(query: Query, node: Node, zones: ZoneTree): Answer {
  const above = zones.aboveApex(node.zone);
  const place = { name: query.name, wildcard: false, owner: QUESTION_POINTER, aliases: NONE };
  if (above === undefined) return noData(query, { ...place, node });
  const entry = above.entries.get(TYPE.DS);
  if (entry?.kind !== 'fixed') return noData(query, { ...place, node: above });
  return positive(place, choose(query, entry.records));
}

interface Negative extends Missing {
  readonly proof: RecordSet | undefined;
  readonly rcode: number;
}

/** Name or type is not there: the SOA says for how long that may be remembered (RFC 2308 section 2). */
function negative(query: Query, { zone, name, owner, aliases, proof, rcode }: Negative): Answer {
  // The zone's name is the end of the name that is denied.
  const apex = owner + name.length - zone.key.length;
  const soa = { set: choose(query, zone.soa), owner: apex };
  const authority = proof === undefined ? [soa] : [soa, { set: proof, owner }];
  return { rcode, authoritative: true, answer: aliases, authority, additional: NONE };
}

/** Who to ask instead (RFC 1034 section 4.3.2 step 3b); DS at the cut itself is ours. */
function delegated(query: Query, { cut, node }: Delegated, at: Asked): Answer {
  if (query.type === TYPE.DS && at.name === cut.key && node !== undefined) {
    return signerAtCut(query, { node, security: cut.security }, at);
  }
  const owner = at.owner + at.name.length - cut.key.length;
  const security = query.edns?.dnssecOk ? cut.security : undefined;
  const authority = [{ set: cut.nameServers, owner }, ...(security === undefined ? [] : [{ set: security, owner }])];
  const additional = cut.glue.count === 0 ? NONE : [{ set: cut.glue, owner: 0 }];
  // The alias that led here is ours to say (RFC 1034 section 6.2.7).
  const authoritative = at.aliases.length > 0;
  return { rcode: RCODE.NOERROR, authoritative, answer: at.aliases, authority, additional };
}

type Delegated = Extract<Found, { kind: 'delegated' }>;
type Asked = Pick<Place, 'name' | 'owner' | 'aliases'>;

interface AtCut {
  readonly node: Node;
  readonly security: RecordSet | undefined;
}

function signerAtCut(query: Query, { node, security }: AtCut, at: Asked): Answer {
  const entry = node.entries.get(TYPE.DS);
  if (entry?.kind === 'fixed') return positive(at, choose(query, entry.records));
  const proof = query.edns?.dnssecOk ? security : undefined;
  return negative(query, { ...at, zone: node.zone, proof, rcode: RCODE.NOERROR });
}

function sizeOf(placed: readonly Placed[]): number {
  return placed.reduce((size, { set }) => size + set.bytes.length, 0);
}
