import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { type Probe, probeOf } from '../../lib/probe.ts';
import { kindOf } from './kinds/all.ts';
import type { ReadinessTarget } from './leaf.ts';

export interface ProbedAt {
  readonly cluster: RegisteredCluster;
  readonly address: string;
  /** Where it is not the port of the cluster's gateway. */
  readonly port: number | undefined;
}

/** The probe of a backend's health check at one address of its gateway. */
export function gatewayProbe(target: ReadinessTarget, { cluster, address, port }: ProbedAt): Probe {
  const { probe: question, timeoutSeconds } = target.health;
  const { hostHeader, headers } = kindOf(target.ref.kind).probe(target);
  const { httpPort, httpsPort } = cluster.gateway;
  // The kind has the last word on the name, since it may be what leads to this very backend.
  const asked = question.kind === 'tcp' ? question : { ...question, hostHeader };
  return probeOf(asked, {
    address,
    host: hostHeader,
    headers,
    gatewayPort: port ?? (question.kind === 'https' ? httpsPort : httpPort),
    timeoutMs: timeoutSeconds * 1000,
  });
}
