import { formatSeconds } from '../lib/duration.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { SpecIssue } from './types.ts';
import { joinAnd } from './words.ts';

type Spec = FederatedIngressDocument['spec'];
type Health = Spec['health'];

/** What no single field of `traffic-schema.ts` can say. */
export function checkTraffic(spec: Spec): readonly SpecIssue[] {
  return [...checkFailover(spec), ...checkGeo(spec), ...checkProbe(spec.health), ...checkTimeout(spec.health)];
}

/** An order that leaves a cluster out would give its backend a weight and never a client. */
function checkFailover({ routing, backends, strategy }: Spec): readonly SpecIssue[] {
  if (routing.failover === undefined) return [];
  const { clusters } = routing.failover;
  const path = 'spec.routing.failover.clusters';
  const missing = backends.filter(({ cluster }) => !clusters.includes(cluster));
  return [
    ...checkClusterNames(clusters, { path, backends }),
    ...missing.map(({ name, cluster }) => ({
      path,
      message: `found no "${cluster}", where backend "${name}" is; write every cluster of the backends once, the preferred one first`,
    })),
    ...(strategy.canary === undefined ? [] : [canaryUnderFailover()]),
  ];
}

function canaryUnderFailover(): SpecIssue {
  const message =
    'found canary steps with failover routing, where the first healthy cluster gets everything whatever its share; ' +
    'write direct or blueGreen, or weighted routing until the canary is through';
  return { path: 'spec.strategy.canary', message };
}

function checkGeo({ routing, backends }: Spec): readonly SpecIssue[] {
  const regions = routing.geo?.regions ?? [];
  return regions.flatMap(({ name, clusters }, index) => {
    const path = `spec.routing.geo.regions[${index}]`;
    const first = regions.findIndex((region) => region.name === name);
    const again = {
      path: `${path}.name`,
      message: `found "${name}" again, it is the name of regions[${first}]; write each region once`,
    };
    return [...(first < index ? [again] : []), ...checkClusterNames(clusters, { path: `${path}.clusters`, backends })];
  });
}

function checkClusterNames(
  clusters: readonly string[],
  { path, backends }: { readonly path: string; readonly backends: Spec['backends'] },
): readonly SpecIssue[] {
  const known = backends.map(({ cluster }) => cluster);
  return clusters.flatMap((cluster, index) => {
    const at = `${path}[${index}]`;
    const first = clusters.indexOf(cluster);
    if (first < index) return [{ path: at, message: `found "${cluster}" again; write each cluster once` }];
    if (known.includes(cluster)) return [];
    const allowed = joinAnd([...new Set(known)].toSorted());
    return [{ path: at, message: `found "${cluster}", where no backend is; allowed: ${allowed}` }];
  });
}

function checkProbe(health: Health): readonly SpecIssue[] {
  const found = (['http', 'https', 'tcp'] as const).filter((kind) => health[kind] !== undefined);
  const ranges = (['http', 'https'] as const).flatMap((kind) => {
    return (health[kind]?.statuses ?? []).flatMap((range, index) => {
      const [from, to = from] = range.split('-');
      if (Number(from) <= Number(to)) return [];
      const path = `spec.health.${kind}.statuses[${index}]`;
      return [{ path, message: `found "${range}", which ends before it begins; write the lower status first` }];
    });
  });
  if (found.length < 2) return ranges;
  return [
    ...ranges,
    { path: 'spec.health', message: `found ${joinAnd(found)} in one health check; write one of them` },
  ];
}

/** Else a probe would still run when the next one begins. */
function checkTimeout({ interval, timeout }: Health): readonly SpecIssue[] {
  if (timeout === undefined || timeout <= interval) return [];
  const message = `found ${formatSeconds(timeout)}, which is longer than health.interval (${formatSeconds(interval)}); write a shorter one or a longer interval`;
  return [{ path: 'spec.health.timeout', message }];
}
