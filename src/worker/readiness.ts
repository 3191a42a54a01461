import type { SluiceClient } from '../client/client.ts';
import { clusterHealth } from '../planes/leaf/clusters.ts';
import type { Installation } from './installation.ts';

/** One thing that has to work before Sluice can. */
export interface ComponentReadiness {
  readonly component: string;
  readonly ready: boolean;
  readonly message: string;
}

const DEADLINE_MS = 3_000;

/** Temporal and its pollers, every instance of every plane, every cluster. All are asked at once, each with a deadline. */
export async function readiness(
  { clusters, planes }: Installation,
  client: SluiceClient,
): Promise<readonly ComponentReadiness[]> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const [temporal, planeHealth, clusterStates] = await Promise.all([
    client.health(),
    Promise.all(planes.map(async (plane) => ({ plane, instances: await plane.health(signal) }))),
    clusterHealth(clusters, signal),
  ]);
  return [
    { component: 'temporal', ready: temporal.length === 0, message: temporal.join('; ') || 'workers poll' },
    ...planeHealth.flatMap(({ plane, instances }) =>
      instances.map((instance) => ({
        component: `${plane.name} ${instance.instance}`,
        ready: instance.kind === 'healthy',
        message: instance.kind === 'healthy' ? 'answers' : instance.message,
      })),
    ),
    ...clusterStates.map((state) => ({
      component: `cluster ${state.cluster}`,
      ready: state.kind === 'healthy',
      message: state.kind === 'healthy' ? 'answers' : state.message,
    })),
  ];
}
