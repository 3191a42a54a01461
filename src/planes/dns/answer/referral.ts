import { QUESTION_POINTER, RCODE, TYPE } from '../wire/constants.ts';
import type { Query } from '../wire/query.ts';
import type { RecordSet } from '../wire/records.ts';
import type { Found, ZoneTree } from '../zone/tree.ts';
import type { Node } from '../zone/types.ts';
import { negative, noData } from './negative.ts';
import { type Answer, type Asked, choose, NONE, positive } from './place.ts';

/** Who to ask instead (RFC 1034 section 4.3.2 step 3b); DS at the cut itself is ours. */
export function delegated(query: Query, { cut, node }: Delegated, at: Asked): Answer {
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

/** DS at an apex is the business of the zone above (RFC 4035 section 3.1.4.1). */
export function aboveApex(query: Query, node: Node, zones: ZoneTree): Answer {
  const above = zones.aboveApex(node.zone);
  const place = { name: query.name, wildcard: false, owner: QUESTION_POINTER, aliases: NONE };
  if (above === undefined) return noData(query, { ...place, node });
  const entry = above.entries.get(TYPE.DS);
  if (entry?.kind !== 'fixed') return noData(query, { ...place, node: above });
  return positive(place, choose(query, entry.records));
}
