import type { FederatedIngress, SpecIssue } from './types.ts';
import { joinAnd, nearest } from './words.ts';

/** What a FederatedIngress may refer to here: it changes with the configuration, so it is no part of `parse`. */
export interface Environment {
  readonly clusters: readonly string[];
  /** Zones that the DNS servers are authoritative for, without a dot at the end. */
  readonly zones: readonly string[];
}

/** Says what a spec asks for that does not exist in this installation. Empty: admitted. */
export function admit(spec: FederatedIngress, environment: Environment): readonly SpecIssue[] {
  return [...admitHost(spec.host, environment.zones), ...admitClusters(spec, environment.clusters)];
}

function admitHost(host: string, zones: readonly string[]): readonly SpecIssue[] {
  const path = 'spec.host';
  if (zones.includes(host)) {
    const message = `found "${host}", which is a zone itself; allowed: a hostname in the zone, such as "shop.${host}"`;
    return [{ path, message }];
  }
  if (zones.some((zone) => host.endsWith(`.${zone}`))) return [];
  const served = zones.length === 0 ? 'no zone is served here' : `a hostname in ${joinAnd(zones.toSorted())}`;
  return [{ path, message: `found "${host}", which is outside the zones served here; allowed: ${served}` }];
}

function admitClusters({ backends }: FederatedIngress, clusters: readonly string[]): readonly SpecIssue[] {
  return backends.flatMap(({ cluster }, index) => {
    if (clusters.includes(cluster)) return [];
    const meant = nearest(cluster, clusters);
    const hint = meant === undefined ? ';' : `, did you mean "${meant}"?`;
    const known = clusters.length === 0 ? 'none, no cluster is registered' : joinAnd(clusters.toSorted());
    const message = `found "${cluster}", which is not a registered cluster${hint} allowed: ${known}`;
    return [{ path: `spec.backends[${index}].cluster`, message }];
  });
}
