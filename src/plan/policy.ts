import type { DnsSettings, FederatedIngress, HealthCheck, Region, Routing } from '../spec/types.ts';
import type { GlobalIngress } from './global-ingress.ts';

/** How a hostname is served, whatever the shares. It changes as a whole, with the next state that is published. */
export interface TrafficPolicy {
  readonly ttlSeconds: number;
  readonly routing: Routing;
  readonly draw: DnsSettings['draw'];
  readonly health: HealthCheck | null;
  readonly tls: boolean;
}

/** What a spec asks for. */
export function policyOf({ dns, routing, health, tls }: FederatedIngress): TrafficPolicy {
  return { ttlSeconds: dns.ttlSeconds, routing, draw: dns.draw, health, tls: tls !== undefined };
}

/** What a published state says. */
export function publishedPolicy({ ttlSeconds, routing, health, tls }: GlobalIngress): TrafficPolicy {
  if (routing.kind === 'failover') return { ttlSeconds, routing, draw: 'stratified', health, tls };
  const { draw, ...rest } = routing;
  return { ttlSeconds, routing: rest, draw: draw.kind, health, tls };
}

/**
 * What holds while a rollout moves shares to `to`, whose backends are in the clusters `staying`. A cluster on its way out
 * keeps the regions that it had: else the newcomers would get all clients of a region with the first step.
 */
export function policyOnTheWay(
  from: TrafficPolicy | undefined,
  to: TrafficPolicy,
  staying: readonly string[],
): TrafficPolicy {
  if (from?.routing.kind !== 'geo' || to.routing.kind !== 'geo') return to;
  const before = from.routing.regions;
  const regions = to.routing.regions.map((region): Region => {
    const leaving = before
      .filter(({ name }) => name === region.name)
      .flatMap(({ clusters }) => clusters.filter((cluster) => !staying.includes(cluster)));
    return { name: region.name, clusters: [...region.clusters, ...leaving] };
  });
  return { ...to, routing: { kind: 'geo', regions } };
}
