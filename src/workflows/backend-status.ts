import { backendId } from '../plan/backend-id.ts';
import { primaryLeaf } from '../plan/leaves.ts';
import { sharesOf } from '../plan/shares.ts';
import type { BackendId } from '../plan/types.ts';
import type { Backend } from '../spec/types.ts';
import { driftFields } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { currentBackends } from './leaf-intents.ts';
import { time } from './rollout-status.ts';
import type { BackendStatus } from './status.ts';

/** Backends that matter now: share wanted, share in force, readiness and its reason. */
export function backendStatuses(entity: Entity): readonly BackendStatus[] {
  // Nothing is placed yet, or nothing is wanted any more.
  const nothing = entity.deletion !== undefined || entity.spec.backends.length === 0;
  const wanted = nothing ? {} : sharesOf(entity.spec.backends);
  return currentBackends(entity).map((backend) => backendStatus(entity, backend, wanted[backendId(backend)] ?? 0));
}

function backendStatus(entity: Entity, backend: Backend, wantedShare: number): BackendStatus {
  const id = backendId(backend);
  const readiness = entity.readiness[id];
  const { owned: _owned, ...leaf } = primaryLeaf(entity.spec, backend);
  const drift = driftFields(entity, backend, leaf);
  const port = entity.ports?.[id];
  const words = { ready: 'Ready', notReady: 'NotReady', unknown: 'Unknown' } as const;
  return {
    id,
    name: backend.name,
    cluster: backend.cluster,
    namespace: backend.namespace,
    wantedShare,
    shareInForce: entity.inForce.shares[id] ?? 0,
    readiness: words[readiness?.kind ?? 'unknown'],
    reason: readiness === undefined ? 'NotObserved' : readiness.kind === 'ready' ? 'Ready' : readiness.reason,
    message: readinessMessage(entity, id),
    addresses: entity.addresses[id] ?? [],
    ...(port === undefined ? {} : { port }),
    ...trafficFacts(entity, backend),
    leaf,
    ...(drift.length === 0 ? {} : { drift }),
    ...(readiness?.certificate ? { certificate: readiness.certificate } : {}),
  };
}

/** What is known of the traffic that it really has. */
function trafficFacts(entity: Entity, backend: Backend): Pick<BackendStatus, 'measuredShare' | 'drain'> {
  const measuredShare = entity.measured?.[backend.cluster];
  const cachedUntil = entity.drained?.[backendId(backend)];
  return {
    ...(measuredShare === undefined ? {} : { measuredShare }),
    ...(cachedUntil === undefined
      ? {}
      : { drain: { cachedUntil: time(cachedUntil), isProved: cachedUntil <= Date.now() } }),
  };
}

function readinessMessage(entity: Entity, id: BackendId): string {
  const readiness = entity.readiness[id];
  if (!readiness) return 'not observed yet';
  if (readiness.kind !== 'ready') return readiness.message;
  const answers = `answers at ${readiness.addresses.join(', ')}`;
  return readiness.message === undefined ? answers : `${answers}; ${readiness.message}`;
}
