import type { EndpointCounter } from '../planes/leaf/endpoints.ts';
import type { LeafPlane } from '../planes/leaf/leaf.ts';
import type { Plane } from '../planes/plane.ts';
import type { GlobalIngressStore } from '../planes/store/store.ts';
import type { Environment } from '../spec/admission.ts';
import { endpointActivities } from './endpoints.ts';
import { followActivities } from './follow.ts';
import { hostActivities } from './host.ts';
import { leafActivities } from './leaves.ts';
import type { Report } from './report.ts';
import { settleActivities } from './settle.ts';
import { trafficActivities } from './traffic.ts';
import type { Activities } from './types.ts';
import { verifyActivities } from './verify.ts';

/** The registered clusters with their labels, and when they change. */
export interface KnownClusters {
  list(): Environment['clusters'];
  /** The result ends it. */
  onChange(listener: () => void): () => void;
}

/** What the activities work with; put together by the worker. */
export interface ActivityDependencies {
  /** What specs may refer to now: clusters come and go. */
  readonly environment: () => Environment;
  readonly clusters: KnownClusters;
  readonly store: GlobalIngressStore;
  readonly leaves: LeafPlane;
  readonly endpoints: EndpointCounter;
  readonly planes: readonly Plane[];
  /** Tells the workflow of the running activity what it sees. */
  readonly report: Report;
}

/** The verbs that the workflow may use, bound to the real world. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  return {
    ...hostActivities(dependencies),
    ...leafActivities(dependencies),
    ...followActivities(dependencies),
    ...trafficActivities(dependencies),
    ...settleActivities(dependencies),
    ...verifyActivities(dependencies),
    ...endpointActivities(dependencies),
  };
}
