import { formatSeconds } from '../lib/duration.ts';
import type { HealthCheck, Probe, Routing } from '../spec/types.ts';
import { joinOr } from '../spec/words.ts';
import type { TrafficPolicy } from './policy.ts';

/** What of a policy is not as it would be by default, one a line, such as `routing: failover, east first, then west`. */
export function describePolicy({ routing, draw, tls }: TrafficPolicy): readonly string[] {
  return [
    ...(routing.kind === 'weighted' ? [] : [`routing: ${routingText(routing)}`]),
    ...(draw === 'stratified' ? [] : [`draw: ${draw}`]),
    ...(tls ? ['tls: on'] : []),
  ];
}

/** What differs between two policies, one a line, such as `ttl: 30s -> 1m`. Nothing when the one before is not known. */
export function policyChanges(from: TrafficPolicy | undefined, to: TrafficPolicy): readonly string[] {
  if (from === undefined) return [];
  const [before, after] = [linesOf(from), linesOf(to)];
  return after.flatMap(([what, text], index) => {
    const was = before[index]?.[1] ?? '';
    return was === text ? [] : [`${what}: ${was} -> ${text}`];
  });
}

/** `east first, then west, then north` */
export function orderText(clusters: readonly string[]): string {
  return clusters.map((cluster, index) => (index === 0 ? `${cluster} first` : `then ${cluster}`)).join(', ');
}

function linesOf({ ttlSeconds, routing, draw, health, tls }: TrafficPolicy): readonly (readonly [string, string])[] {
  return [
    ['routing', routingText(routing)],
    ['draw', draw],
    ['ttl', formatSeconds(ttlSeconds)],
    ['probe', health === null ? 'none' : probeText(health.probe)],
    ['health', health === null ? 'not checked' : healthText(health)],
    ['tls', tls ? 'on' : 'off'],
  ];
}

function routingText(routing: Routing): string {
  switch (routing.kind) {
    case 'weighted':
      return 'weighted';
    case 'failover':
      return `failover (${orderText(routing.clusters)})`;
    case 'geo':
      return `geo (${routing.regions.map(({ name, clusters }) => `${name}: ${clusters.join(', ')}`).join('; ')})`;
    default:
      return routing satisfies never;
  }
}

/** `every 5s within 2s, down after 3, up after 1, fail open above 50 %` */
function healthText(health: HealthCheck): string {
  const { intervalSeconds, timeoutSeconds, unhealthyThreshold, healthyThreshold, failOpenPercent } = health;
  const times = `every ${formatSeconds(intervalSeconds)} within ${formatSeconds(timeoutSeconds)}`;
  const thresholds = `down after ${unhealthyThreshold}, up after ${healthyThreshold}`;
  return `${times}, ${thresholds}, fail open above ${failOpenPercent} %`;
}

/** `https /healthz, port 8443, host shop.example.test, status 200 or 300-399` */
function probeText(probe: Probe): string {
  const port = probe.port === undefined ? '' : `, port ${probe.port}`;
  if (probe.kind === 'tcp') return `tcp${port}`;
  const host = probe.hostHeader === undefined ? '' : `, host ${probe.hostHeader}`;
  const statuses = probe.statuses.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return `${probe.kind} ${probe.path}${port}${host}, status ${joinOr(statuses)}`;
}
