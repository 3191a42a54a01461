import { formatSeconds } from '../lib/duration.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { SpecIssue } from './types.ts';
import { joinAnd } from './words.ts';

type Spec = FederatedIngressDocument['spec'];
type Health = Spec['health'];

/** What no single field of `traffic-schema.ts` can say. */
export function checkTraffic(spec: Spec): readonly SpecIssue[] {
  return [
    ...checkFailover(spec),
    ...checkGeo(spec),
    ...checkProbe(spec.health),
    ...checkTimeout(spec.health),
    ...checkTtl(spec.dns),
  ];
}

function checkFailover({ routing, strategy }: Spec): readonly SpecIssue[] {
  if (routing.failover === undefined) return [];
  return [
    ...checkOnce(routing.failover.clusters, 'spec.routing.failover.clusters'),
    ...(strategy.canary === undefined ? [] : [canaryUnderFailover()]),
  ];
}

function canaryUnderFailover(): SpecIssue {
  const message =
    'found canary steps with failover routing, where the first healthy cluster gets everything whatever its share; ' +
    'write direct or blueGreen, or weighted routing until the canary is through';
  return { path: 'spec.strategy.canary', message };
}

function checkGeo({ routing }: Spec): readonly SpecIssue[] {
  const regions = routing.geo?.regions ?? [];
  return regions.flatMap(({ name, clusters }, index) => {
    const path = `spec.routing.geo.regions[${index}]`;
    const first = regions.findIndex((region) => region.name === name);
    const again = {
      path: `${path}.name`,
      message: `found "${name}" again, it is the name of regions[${first}]; write each region once`,
    };
    return [...(first < index ? [again] : []), ...checkOnce(clusters, `${path}.clusters`)];
  });
}

/** Whether there are backends in them is checked in `routing-clusters.ts`. */
export function checkOnce(clusters: readonly string[], path: string): readonly SpecIssue[] {
  return clusters.flatMap((cluster, index) => {
    if (clusters.indexOf(cluster) === index) return [];
    return [{ path: `${path}[${index}]`, message: `found "${cluster}" again; write each cluster once` }];
  });
}

function checkProbe(health: Health): readonly SpecIssue[] {
  const found = (['http', 'https', 'tcp'] as const).filter((kind) => health[kind] !== undefined);
  const ranges = (['http', 'https'] as const).flatMap((kind) => {
    return checkRanges(health[kind]?.statuses ?? [], `spec.health.${kind}.statuses`);
  });
  if (found.length < 2) return ranges;
  return [
    ...ranges,
    { path: 'spec.health', message: `found ${joinAnd(found)} in one health check; write one of them` },
  ];
}

/** Ranges of status codes, such as `200-399`. */
export function checkRanges(ranges: readonly string[], path: string): readonly SpecIssue[] {
  return ranges.flatMap((range, index) => {
    const [from, to = from] = range.split('-');
    if (Number(from) <= Number(to)) return [];
    const message = `found "${range}", which ends before it begins; write the lower status first`;
    return [{ path: `${path}[${index}]`, message }];
  });
}

/** A rollout makes answers live shorter, never longer. */
function checkTtl({ ttl, rolloutTtl }: Spec['dns']): readonly SpecIssue[] {
  if (rolloutTtl === undefined || rolloutTtl <= ttl) return [];
  const message = `found ${formatSeconds(rolloutTtl)}, which is longer than dns.ttl (${formatSeconds(ttl)}); write a shorter one or a longer dns.ttl`;
  return [{ path: 'spec.dns.rolloutTtl', message }];
}

/** Else a probe would still run when the next one begins. */
function checkTimeout({ interval, timeout }: Health): readonly SpecIssue[] {
  if (timeout === undefined || timeout <= interval) return [];
  const message = `found ${formatSeconds(timeout)}, which is longer than health.interval (${formatSeconds(interval)}); write a shorter one or a longer interval`;
  return [{ path: 'spec.health.timeout', message }];
}
