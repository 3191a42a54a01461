import { isIPv6 } from 'node:net';
import type { GlobalIngress, Target } from '../../plan/global-ingress.ts';
import { weightsOf } from './weights.ts';

/** One of `spec.endpoints` of a DNSEndpoint (externaldns.k8s.io/v1alpha1). */
export interface Endpoint {
  readonly dnsName: string;
  readonly recordType: 'A' | 'AAAA' | 'CNAME';
  readonly recordTTL: number;
  readonly targets: readonly string[];
  /** Tells records of one name and type apart: the cluster. */
  readonly setIdentifier: string;
  readonly providerSpecific: readonly { readonly name: string; readonly value: string }[];
}

export interface Note {
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/** What a GlobalIngress comes to for external-dns. */
export type Compiled =
  /** `note`: what of it could not be said. */
  | { readonly kind: 'endpoints'; readonly endpoints: readonly Endpoint[]; readonly note?: Note }
  /** Nothing serves the hostname. */
  | { readonly kind: 'none' }
  /** It cannot be said at all; records that are there stay as they are. */
  | { readonly kind: 'unsupported'; readonly note: Note };

/** A cluster and how its records are marked, the same for each type of record. */
interface Member {
  readonly target: Target;
  readonly policy: { readonly name: string; readonly value: string };
  readonly hasTraffic: boolean;
}

export function compileEndpoints(state: GlobalIngress): Compiled {
  switch (state.routing.kind) {
    case 'weighted':
      return compiled(state, weighted(state.targets));
    case 'failover':
      return failover(state, state.routing.clusters);
    case 'geo':
      return {
        kind: 'unsupported',
        note: {
          reason: 'GeoNotSupported',
          message: `${state.host} is routed by the place of the client, which DNSEndpoints cannot say alike for all providers; what was written before stays`,
        },
      };
    default:
      return state.routing satisfies never;
  }
}

function weighted(targets: readonly Target[]): readonly Member[] {
  const weights = weightsOf(targets.map(({ share }) => share));
  return targets.map((target, index) => {
    const weight = weights[index] ?? 0;
    return { target, policy: { name: 'aws/weight', value: String(weight) }, hasTraffic: weight > 0 };
  });
}

/** Route 53 knows a first and a second. */
function failover(state: GlobalIngress, order: readonly string[]): Compiled {
  const serving = order.flatMap(
    (name) => state.targets.find(({ cluster, share }) => cluster === name && share > 0) ?? [],
  );
  const [primary, secondary, ...others] = serving;
  const member = (target: Target | undefined, value: string): readonly Member[] =>
    target === undefined ? [] : [{ target, policy: { name: 'aws/failover', value }, hasTraffic: true }];
  const result = compiled(state, [...member(primary, 'PRIMARY'), ...member(secondary, 'SECONDARY')]);
  if (result.kind !== 'endpoints' || others.length === 0) return result;
  const names = others.map(({ cluster }) => cluster).join(', ');
  const message = `records fail over from one cluster to one other; left out: ${names}`;
  return { ...result, note: { reason: 'FailoverOfTwo', message } };
}

function compiled(state: GlobalIngress, members: readonly Member[]): Compiled {
  const serving = members.filter(({ hasTraffic }) => hasTraffic);
  // All weights at zero would not be no traffic: Route 53 then takes all records alike.
  if (serving.length === 0) return { kind: 'none' };
  // A name cannot have a CNAME beside addresses, and a CNAME has one name (RFC 1034 section 3.6.2).
  if (members.every(({ target }) => target.hostnames.length === 1))
    return { kind: 'endpoints', endpoints: members.map((member) => alias(state, member)) };
  const families = (['A', 'AAAA'] as const).filter((type) => serving.every(({ target }) => has(target, type)));
  const types = families.length > 0 ? families : (['A', 'AAAA'] as const);
  const endpoints = types.flatMap((type) => members.flatMap((member) => addressRecord(state, member, type)));
  const isUneven = types.length > families.length;
  return isUneven ? { kind: 'endpoints', endpoints, note: UNEVEN } : { kind: 'endpoints', endpoints };
}

const UNEVEN: Note = {
  reason: 'FamiliesDiffer',
  message: 'some clusters have IPv4 addresses only and others IPv6 only, so shares differ between clients of the two',
};

function alias(state: GlobalIngress, { target, policy }: Member): Endpoint {
  return endpoint(state, { target, policy, recordType: 'CNAME', targets: target.hostnames });
}

function addressRecord(
  state: GlobalIngress,
  { target, policy }: Member,
  recordType: 'A' | 'AAAA',
): readonly Endpoint[] {
  const targets = target.addresses.filter((address) => isIPv6(address) === (recordType === 'AAAA'));
  return targets.length === 0 ? [] : [endpoint(state, { target, policy, recordType, targets })];
}

interface DnsRecord extends Pick<Member, 'target' | 'policy'>, Pick<Endpoint, 'recordType' | 'targets'> {}

function endpoint({ host, ttlSeconds }: GlobalIngress, { target, policy, recordType, targets }: DnsRecord): Endpoint {
  return {
    dnsName: host,
    recordType,
    recordTTL: ttlSeconds,
    targets,
    setIdentifier: target.cluster,
    providerSpecific: [policy],
  };
}

function has(target: Target, type: 'A' | 'AAAA'): boolean {
  return target.addresses.some((address) => isIPv6(address) === (type === 'AAAA'));
}
