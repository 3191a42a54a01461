import type { Client } from '../client.ts';
import type { AnswerSettings } from '../settings.ts';
import { EXTENDED_ERROR, HEADER_SIZE, QUESTION_POINTER, RCODE, TYPE } from '../wire/constants.ts';
import type { Query } from '../wire/query.ts';
import { hostInfoValue, type RecordSet, recordSet, textValue } from '../wire/records.ts';
import type { Placed } from '../wire/response.ts';
import { withSignature } from '../zone/records.ts';
import type { Found, ZoneTree } from '../zone/tree.ts';
import type { AliasEntry, DrawnEntry, Entry, FixedEntry, Records, ToldEntry } from '../zone/types.ts';
import { explanation, facts, totals } from './explain.ts';
import { fromProof, isOfProof, missing, noData, proofOfNoData } from './negative.ts';
import { type Answer, bare, choose, NONE, type Place, positive } from './place.ts';
import { aboveApex, delegated } from './referral.ts';

/** What an answer depends on besides the question. */
export interface Asker {
  readonly zones: ZoneTree;
  readonly client: Client;
  /** The client may see what is told to the networks of the settings only. */
  readonly isTrusted: () => boolean;
  readonly any: AnswerSettings['any'];
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
  const strings = toldText(entry, client);
  const set = { type: TYPE.TXT, ttlSeconds: TOLD_TTL_SECONDS, data: [textValue(strings)] };
  const plain = recordSet(set, set.data);
  const records = { plain, signed: withSignature(place.node.zone, place.name, set, plain) };
  return positive(place, choose(query, records));
}

function toldText({ what, host }: ToldEntry, client: Client): readonly string[] {
  switch (what) {
    case 'facts':
      return facts(host);
    case 'totals':
      return totals(host);
    case 'explanation':
      return explanation(host, client);
    default:
      return what satisfies never;
  }
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

function minimalAny(query: Query, { node, name }: Place): Answer {
  const signed = query.edns?.dnssecOk
    ? withSignature(node.zone, name, MINIMAL_ANY, MINIMAL_ANY_RECORDS)
    : MINIMAL_ANY_RECORDS;
  const answer = [{ set: signed, owner: QUESTION_POINTER }];
  return { rcode: RCODE.NOERROR, authoritative: true, answer, authority: NONE, additional: NONE };
}

function sizeOf(placed: readonly Placed[]): number {
  return placed.reduce((size, { set }) => size + set.bytes.length, 0);
}
