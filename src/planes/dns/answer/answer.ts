import { CLASS_IN, RCODE, TYPE } from '../wire/constants.ts';
import type { Query } from '../wire/query.ts';
import { hostInfoValue, recordSet } from '../wire/records.ts';
import type { Response } from '../wire/response.ts';
import { lookup } from '../zone/lookup.ts';
import type { DrawnEntry, Entry, Node, ZoneSet } from '../zone/types.ts';

/** A response, and for one that was drawn, of which hostname and cluster. */
export interface Answer extends Response {
  readonly drawn?: { readonly host: string; readonly cluster: string };
}

const REFUSED: Answer = { rcode: RCODE.REFUSED, authoritative: false };
const SERVFAIL: Answer = { rcode: RCODE.SERVFAIL, authoritative: false };
const BADVERS: Answer = { rcode: RCODE.BADVERS, authoritative: false };

/** ANY gets one small record, whatever the name has: no amplifier (RFC 8482 section 4.2). */
const MINIMAL_ANY = recordSet({ type: TYPE.HINFO, ttlSeconds: 3_600 }, [hostInfoValue('RFC8482', '')]);

/** The whole answer to a well-formed query. Chance comes in as `draw`, which picks one of an entry's choices. */
export function answerQuery(query: Query, zones: ZoneSet, draw: (entry: DrawnEntry) => number): Answer {
  if (query.edns !== undefined && query.edns.version > 0) return BADVERS;
  if (query.class !== CLASS_IN) return REFUSED;
  if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return REFUSED;
  const found = lookup(zones, query.name);
  if (found.kind === 'outside') return REFUSED;
  // Before the first state it is not known what exists: denying a name that does would be an outage.
  if (zones.kind === 'unsynced') return SERVFAIL;
  if (found.kind === 'missing') return negative(RCODE.NXDOMAIN, zones, found.zone);
  return answerAt(found.node, query.type, zones, draw);
}

function answerAt(node: Node, type: number, zones: ZoneSet, draw: (entry: DrawnEntry) => number): Answer {
  if (type === TYPE.ANY) return { rcode: RCODE.NOERROR, authoritative: true, answer: MINIMAL_ANY };
  const entry = node.entries.get(type);
  if (entry === undefined) return negative(RCODE.NOERROR, zones, node.zone);
  return positive(entry, draw);
}

function positive(entry: Entry, draw: (entry: DrawnEntry) => number): Answer {
  if (entry.kind === 'fixed') return { rcode: RCODE.NOERROR, authoritative: true, answer: entry.records };
  const choice = entry.choices[draw(entry)];
  if (choice === undefined) throw new Error(`${entry.host}: drew a choice that is not there`);
  const drawn = { host: entry.host, cluster: choice.cluster };
  return { rcode: RCODE.NOERROR, authoritative: true, answer: choice.records, drawn };
}

/** Name or type is not there: the SOA says for how long that may be remembered (RFC 2308 section 2). */
function negative(rcode: number, { zones }: ZoneSet, index: number): Answer {
  const zone = zones[index];
  if (zone === undefined) return SERVFAIL;
  return { rcode, authoritative: true, authority: { soa: zone.soa, zoneLength: zone.key.length } };
}
