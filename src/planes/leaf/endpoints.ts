import type { ClusterRegistry, RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { at, listAt, textAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { ENDPOINT_SLICE } from '../../lib/kubernetes/resources.ts';
import type { WatchedState } from '../../lib/kubernetes/shared-watch.ts';
import type { Endpoints } from '../../plan/back-steps.ts';
import { backendId } from '../../plan/backend-id.ts';
import type { BackendId } from '../../plan/types.ts';
import type { Backend } from '../../spec/types.ts';
import { untilAborted, whileRegistered } from './registered.ts';

/** Counts the ready endpoints of backends in their clusters. */
export interface EndpointCounter {
  /**
   * Tells the ready endpoints of these backends as soon as each is known or known not to be, and from then on each change,
   * until `signal` aborts. Who is not listed is not known: its cluster has not answered for some seconds.
   */
  follow(backends: readonly Backend[], onChange: (ready: Endpoints) => void, signal: AbortSignal): Promise<void>;
}

export interface EndpointCounterOptions {
  readonly registry: ClusterRegistry;
  /** How long a cluster may say nothing until nothing is known of it. */
  readonly patienceMs?: number;
}

/** A connection that breaks is up again sooner; nobody who goes back has to wait longer for a cluster that is away. */
const PATIENCE_MS = 5_000;

/** EndpointSlices have the name of their Service there (discovery.k8s.io/v1, LabelServiceName). */
const SERVICE_NAME = 'kubernetes.io/service-name';

/** By watches on the EndpointSlices of the Services alone: in a large cluster all of them are many, and change all the time. */
export function createEndpointCounter({ registry, patienceMs = PATIENCE_MS }: EndpointCounterOptions): EndpointCounter {
  return {
    async follow(backends, onChange, signal) {
      const counts = new Map<BackendId, Count>();
      const tell = (backend: Backend) => (count: Count) => {
        const id = backendId(backend);
        if (counts.get(id) === count) return;
        counts.set(id, count);
        if (counts.size < backends.length || signal.aborted) return;
        onChange(
          Object.fromEntries([...counts].flatMap(([one, ready]) => (ready === 'unknown' ? [] : [[one, ready]]))),
        );
      };
      await Promise.all(
        backends.map((backend) => followOne(backend, { registry, patienceMs, signal, tell: tell(backend) })),
      );
    },
  };
}

type Count = number | 'unknown';

interface FollowOne extends Required<EndpointCounterOptions> {
  readonly tell: (count: Count) => void;
  readonly signal: AbortSignal;
}

async function followOne(backend: Backend, { registry, patienceMs, tell, signal }: FollowOne): Promise<void> {
  let patience: NodeJS.Timeout | undefined;
  const doubt = (): void => {
    patience ??= setTimeout(() => tell('unknown'), patienceMs);
  };
  const take = ({ objects, unreachable }: WatchedState<AnyObject>): void => {
    if (unreachable) return doubt();
    clearTimeout(patience);
    patience = undefined;
    tell(countReady(objects, servicesOf(backend)));
  };
  doubt();
  const onPresent = async (cluster: RegisteredCluster, until: AbortSignal): Promise<void> => {
    const stop = cluster.watches.of(slicesOf(backend)).followAll(take);
    await untilAborted(until);
    stop();
  };
  await whileRegistered(registry, backend.cluster, { onPresent, onAbsent: doubt, signal });
  clearTimeout(patience);
}

function servicesOf({ routes }: Backend): readonly string[] {
  return [...new Set(routes.map(({ service }) => service.name))].sort();
}

function slicesOf(backend: Backend) {
  const labelSelector = `${SERVICE_NAME} in (${servicesOf(backend).join(',')})`;
  return { resource: ENDPOINT_SLICE, namespace: backend.namespace, labelSelector };
}

/** Ready endpoints of the Service that has the fewest. */
export function countReady(slices: readonly AnyObject[], services: readonly string[]): number {
  const counts = services.map((service) => {
    const own = slices.filter((slice) => at(slice, 'metadata', 'labels', SERVICE_NAME) === service);
    return new Set(own.flatMap((slice) => listAt(slice, 'endpoints').filter(isReady).map(identityOf))).size;
  });
  return Math.min(...counts);
}

/** Unknown is to be read as ready (discovery.k8s.io/v1, EndpointConditions). */
function isReady(endpoint: unknown): boolean {
  const terminating = at(endpoint, 'conditions', 'terminating') === true;
  return at(endpoint, 'conditions', 'ready') !== false && !terminating;
}

/** A pod is in a slice for each family of its addresses, and while slices change it may be in two. */
function identityOf(endpoint: unknown): string {
  const uid = textAt(endpoint, 'targetRef', 'uid');
  return uid ?? listAt(endpoint, 'addresses').join();
}
