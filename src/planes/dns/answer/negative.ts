import { RCODE, TYPE } from '../wire/constants.ts';
import type { NameKey } from '../wire/names.ts';
import type { Query } from '../wire/query.ts';
import type { RecordSet } from '../wire/records.ts';
import type { Placed } from '../wire/response.ts';
import { denialAt, denialOf, signatureOf } from '../zone/denial.ts';
import type { Node, Zone } from '../zone/types.ts';
import { type Answer, choose, NONE, type Place, positive } from './place.ts';

/**
 * NSEC and its RRSIG are at every name of a signed zone, denied ones included, beside an alias too (RFC 4035 section 2.5;
 * RFC 9824 section 3.1): they are made when they are asked for. Who asks for RRSIG gets this one and not all there are
 * (RFC 8482 section 4.1).
 */
export function isOfProof(type: number): boolean {
  return type === TYPE.NSEC || type === TYPE.RRSIG;
}

/** What of a proof such a question gets. */
export function fromProof(type: number, proof: RecordSet): RecordSet {
  return type === TYPE.NSEC ? proof : signatureOf(proof);
}

export interface Missing {
  readonly zone: Zone;
  readonly name: NameKey;
  readonly owner: number;
  readonly aliases: readonly Placed[];
}

/** With a signed proof the code is NOERROR, unless the client knows better (RFC 9824 sections 3.1 and 5.1). */
export function missing(query: Query, { zone, name, owner, aliases }: Missing): Answer {
  const proof = query.edns?.dnssecOk ? denialOf(zone, name, { kind: 'noName' }) : undefined;
  if (proof !== undefined && isOfProof(query.type)) return positive({ owner, aliases }, fromProof(query.type, proof));
  const rcode = proof !== undefined && !query.edns?.compactOk ? RCODE.NOERROR : RCODE.NXDOMAIN;
  return negative(query, { zone, name, owner, aliases, proof, rcode });
}

/** The name is there, the type is not. */
export function noData(query: Query, { node, name, wildcard, owner, aliases }: Place): Answer {
  const proof = query.edns?.dnssecOk ? proofOfNoData(node, name, wildcard) : undefined;
  return negative(query, { zone: node.zone, name, owner, aliases, proof, rcode: RCODE.NOERROR });
}

/** What a name that is there does not have. */
export function proofOfNoData(node: Node, name: NameKey, wildcard: boolean): RecordSet | undefined {
  if (!wildcard) return denialAt(node, name);
  return denialOf(node.zone, name, { kind: 'noType', types: node.entries.keys() });
}

interface Negative extends Missing {
  readonly proof: RecordSet | undefined;
  readonly rcode: number;
}

/** Name or type is not there: the SOA says for how long that may be remembered (RFC 2308 section 2). */
export function negative(query: Query, { zone, name, owner, aliases, proof, rcode }: Negative): Answer {
  // The zone's name is the end of the name that is denied.
  const apex = owner + name.length - zone.key.length;
  const soa = { set: choose(query, zone.soa), owner: apex };
  const authority = proof === undefined ? [soa] : [soa, { set: proof, owner }];
  return { rcode, authoritative: true, answer: aliases, authority, additional: NONE };
}
