import type { CloudManifest } from './manifests.ts';
import type { Existing, Made } from './types.ts';

/** One object that exists for a Gateway. */
export interface Part {
  readonly of: CloudManifest['kind'];
  /** The cluster or the listener that it is for; empty for the load balancer. */
  readonly part: string;
  readonly made: Made;
  /** The member cluster that it is in; absent in the hub. */
  readonly cluster?: string;
}

export interface Parts {
  readonly loadBalancers: readonly Part[];
  readonly targetGroups: readonly Part[];
  readonly listeners: readonly Part[];
  readonly bindings: readonly Part[];
}

export function partsOf({ loadBalancer, targetGroups, listeners, bindings }: Existing): Parts {
  return {
    loadBalancers: loadBalancer ? [{ of: 'LoadBalancer', part: '', made: loadBalancer }] : [],
    targetGroups: [...targetGroups].map(([part, made]) => ({ of: 'TargetGroup', part, made })),
    listeners: [...listeners].map(([part, made]) => ({ of: 'Listener', part, made })),
    bindings: [...bindings].map(([part, made]) => ({ of: 'TargetGroupBinding', part, made, cluster: part })),
  };
}

export function allParts(existing: Existing): readonly Part[] {
  const { loadBalancers, targetGroups, listeners, bindings } = partsOf(existing);
  return [...loadBalancers, ...targetGroups, ...listeners, ...bindings];
}
