import { DEFAULTS } from './defaults.ts';
import { secondsOf } from './fields.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { HealthCheck, HttpProbe, Probe, Routing, StatusRange } from './types.ts';

type Spec = FederatedIngressDocument['spec'];
type HttpDocument = NonNullable<Spec['health']['http']>;

export function toRouting({ failover, geo }: Spec['routing']): Routing {
  if (failover !== undefined) return { kind: 'failover', clusters: failover.clusters };
  if (geo !== undefined) return { kind: 'geo', regions: geo.regions };
  return { kind: 'weighted' };
}

export function toHealthCheck(health: Spec['health']): HealthCheck {
  return {
    probe: toProbe(health),
    intervalSeconds: health.interval,
    timeoutSeconds: health.timeout ?? Math.min(secondsOf(DEFAULTS.healthTimeout), health.interval),
    unhealthyThreshold: health.unhealthyThreshold,
    healthyThreshold: health.healthyThreshold,
    failOpenPercent: health.failOpenPercent,
  };
}

function toProbe({ http, https, tcp }: Spec['health']): Probe {
  if (tcp !== undefined) return tcp.port === undefined ? { kind: 'tcp' } : { kind: 'tcp', port: tcp.port };
  if (https !== undefined) return toHttpProbe('https', https);
  return toHttpProbe('http', http ?? { path: DEFAULTS.healthPath, statuses: [...DEFAULTS.healthStatuses] });
}

function toHttpProbe(kind: HttpProbe['kind'], { path, host, port, statuses }: HttpDocument): HttpProbe {
  return {
    kind,
    path,
    ...(host === undefined ? {} : { hostHeader: host }),
    ...(port === undefined ? {} : { port }),
    statuses: statuses.map(toStatusRange),
  };
}

/** `200-399`, or one status code. */
export function toStatusRange(text: string): StatusRange {
  const [from = text, to = from] = text.split('-');
  return { from: Number(from), to: Number(to) };
}
