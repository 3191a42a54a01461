import type { SluiceClient } from '../client/client.ts';
import { type ClusterHealth, clusterHealth } from '../planes/leaf/clusters.ts';
import type { Installation } from './installation.ts';

/** One thing that has to work before Sluice can. */
export interface ComponentReadiness {
  readonly component: string;
  readonly ready: boolean;
  /** Without it this process cannot do its work. A member cluster that is away is that cluster's trouble alone. */
  readonly required: boolean;
  readonly message: string;
}

const DEADLINE_MS = 3_000;

/** Temporal and its pollers, every instance of every plane, every cluster. All are asked at once, each with a deadline. */
export async function readiness(
  { checks, hub, planes, registry }: Installation,
  client: SluiceClient,
): Promise<readonly ComponentReadiness[]> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const [temporal, planeHealth, hubStates, clusterStates] = await Promise.all([
    client.health(),
    Promise.all(planes.map(async (plane) => ({ plane, instances: await plane.health(signal) }))),
    clusterHealth(hub ? [hub] : [], signal),
    clusterHealth(registry.list(), signal),
  ]);
  return [
    {
      component: 'temporal',
      required: true,
      ready: temporal.length === 0,
      message: temporal.join('; ') || 'workers poll',
    },
    ...planeHealth.flatMap(({ plane, instances }) =>
      instances.map((instance) => ({
        component: `${plane.name} ${instance.instance}`,
        required: true,
        ready: instance.kind === 'healthy',
        message: instance.kind === 'healthy' ? 'answers' : instance.message,
      })),
    ),
    ...hubStates.map((state) => clusterReadiness('hub', true, state)),
    ...clusterStates.map((state) =>
      clusterReadiness(`cluster ${state.cluster}`, false, withRights(state, checks.problemOf(state.cluster))),
    ),
  ];
}

/** One that answers and allows too little is of no use. */
function withRights(state: ClusterHealth, problem: string | undefined): ClusterHealth {
  if (state.kind === 'unhealthy' || problem === undefined) return state;
  return { kind: 'unhealthy', cluster: state.cluster, message: problem };
}

function clusterReadiness(component: string, required: boolean, state: ClusterHealth): ComponentReadiness {
  const ready = state.kind === 'healthy';
  return { component, ready, required, message: ready ? 'answers' : state.message };
}
