import { admitPlacements, pathOf } from './placed.ts';
import { checkPreviewName } from './preview.ts';
import type { FederatedIngress, RegisteredLabels, SpecIssue } from './types.ts';
import { joinAnd, nearest } from './words.ts';

/** What a FederatedIngress may refer to here: it changes with the configuration, so it is no part of `parse`. */
export interface Environment {
  readonly clusters: readonly RegisteredLabels[];
  /** Zones that the DNS servers are authoritative for, without a dot at the end. */
  readonly zones: readonly string[];
  /** Regions that the DNS servers can tell clients by. */
  readonly regions: readonly string[];
}

/**
 * Says what a spec asks for that does not exist in this installation. Empty: admitted. A spec with placements has to be
 * placed (`place`) before, since much of it can only be told by the clusters that labels come to.
 */
export function admit(spec: FederatedIngress, environment: Environment): readonly SpecIssue[] {
  return [
    ...admitHost(spec.host, environment.zones),
    ...admitPreview(spec, environment),
    ...admitClusters(spec, environment.clusters),
    ...admitRegions(spec, environment.regions),
    ...(spec.placements.length === 0 ? [] : admitPlacements(spec, environment.clusters)),
  ];
}

function admitPreview(spec: FederatedIngress, { zones, clusters }: Environment): readonly SpecIssue[] {
  if (spec.preview === undefined) return [];
  // Labels may come to any of them later.
  const names = spec.placements.length === 0 ? [] : clusters.map(({ name }) => name);
  return [...admitHost(spec.preview.host, zones, 'spec.preview.host'), ...checkPreviewName(spec, names)];
}

function admitHost(host: string, zones: readonly string[], path = 'spec.host'): readonly SpecIssue[] {
  if (zones.includes(host)) {
    const message = `found "${host}", which is a zone itself; allowed: a hostname in the zone, such as "shop.${host}"`;
    return [{ path, message }];
  }
  if (zones.some((zone) => host.endsWith(`.${zone}`))) return [];
  const served = zones.length === 0 ? 'no zone is served here' : `a hostname in ${joinAnd(zones.toSorted())}`;
  return [{ path, message: `found "${host}", which is outside the zones served here; allowed: ${served}` }];
}

function admitClusters(spec: FederatedIngress, clusters: readonly RegisteredLabels[]): readonly SpecIssue[] {
  const names = clusters.map(({ name }) => name);
  const known = { names, what: 'a registered cluster', none: 'none, no cluster is registered' };
  return spec.backends.flatMap((backend) => {
    return names.includes(backend.cluster) ? [] : [unknown(backend.cluster, `${pathOf(spec, backend)}.cluster`, known)];
  });
}

function admitRegions({ routing }: FederatedIngress, regions: readonly string[]): readonly SpecIssue[] {
  if (routing.kind !== 'geo') return [];
  const known = { names: regions, what: 'a region of the DNS servers', none: 'none, the DNS servers have no regions' };
  return routing.regions.flatMap(({ name }, index) => {
    return regions.includes(name) ? [] : [unknown(name, `spec.routing.geo.regions[${index}].name`, known)];
  });
}

interface Known {
  readonly names: readonly string[];
  /** What all of them are, and what to say when there are none. */
  readonly what: string;
  readonly none: string;
}

function unknown(found: string, path: string, { names, what, none }: Known): SpecIssue {
  const meant = nearest(found, names);
  const hint = meant === undefined ? ';' : `, did you mean "${meant}"?`;
  const allowed = names.length === 0 ? none : joinAnd(names.toSorted());
  return { path, message: `found "${found}", which is not ${what}${hint} allowed: ${allowed}` };
}
