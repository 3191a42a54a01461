import type { Backend } from '../spec/types.ts';

/**
 * What a backend is, whatever it is called: cluster, namespace and routes to services, in one readable string such as
 * `east/default/shop:80`. Made by `backendId` only.
 */
export type BackendId = string & { readonly __brand: 'BackendId' };

/** Parts of all traffic in basis points by backend. Sums to 10,000, or is empty when nothing serves yet. */
export type Shares = Readonly<Record<BackendId, number>>;

/** A set of backends with the shares they have. */
export interface Allocation {
  readonly backends: readonly Backend[];
  readonly shares: Shares;
}

/** An object in a member cluster, by what identifies it. */
export interface LeafRef {
  readonly kind: 'Ingress';
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** Everything the rollout of one generation will do, in order. The workflow walks exactly this; `--dry-run` prints it. */
export interface Plan {
  readonly host: string;
  /** What is in force at the start (progress 0). Empty when nothing serves yet. */
  readonly from: Allocation;
  readonly to: Allocation;
  /** What changes besides shares, one a line, such as `ttl: 30s -> 1m`. Takes effect with the first shift. */
  readonly changes: readonly string[];
  readonly leaves: {
    readonly create: readonly LeafRef[];
    readonly update: readonly LeafRef[];
    readonly remove: readonly LeafRef[];
  };
  readonly steps: readonly PlanStep[];
  /** Whole seconds from the start to the end: the least it takes, and the most; `null` when a step waits for a person. */
  readonly earliestSeconds: number;
  readonly latestSeconds: number | null;
}

export type PlanStep =
  | { readonly kind: 'applyLeaves'; readonly leaves: readonly LeafRef[] }
  | { readonly kind: 'awaitReady'; readonly backends: readonly BackendId[]; readonly timeoutSeconds: number }
  | SetWeightStep
  | { readonly kind: 'pause' /** Absent: until promoted. */; readonly durationSeconds?: number }
  | { readonly kind: 'removeLeaves'; readonly leaves: readonly LeafRef[] };

interface SetWeightStep {
  readonly kind: 'setWeight';
  readonly weight: number;
  readonly shares: Shares;
  /** How long answers given before may live in caches once the shares are in force; 0 for a first apply. */
  readonly ttlSeconds: number;
  /** Under failover routing: who is preferred, by cluster. Shares then say no more than who may serve at all. */
  readonly failover?: readonly string[];
}
