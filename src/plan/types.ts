import type { Verification } from '../spec/rollout-types.ts';
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

/** What Sluice makes, or uses, in member clusters. */
export type LeafKind = 'Ingress' | 'HTTPRoute' | 'Gateway' | 'Service' | 'Route' | 'Secret';

/** An object in a member cluster, by what identifies it. */
export interface LeafRef {
  readonly kind: LeafKind;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** Everything the rollout of one generation will do, in order. The workflow walks exactly this; `--dry-run` prints it. */
export interface Plan {
  readonly host: string;
  /** The preview host, where there is one: it leads to `to` as soon as that is ready. */
  readonly preview?: string;
  /** What is in force at the start (progress 0). Empty when nothing serves yet. */
  readonly from: Allocation;
  readonly to: Allocation;
  /** What changes besides shares, one a line, such as `ttl: 30s -> 1m`. Takes effect with the first shift. */
  readonly changes: readonly string[];
  /** What changes in how leaves are made and kept, one a line, such as `kind: Ingress -> HTTPRoute`. Absent: nothing. */
  readonly leafChanges?: readonly string[];
  readonly leaves: {
    readonly create: readonly LeafRef[];
    readonly update: readonly LeafRef[];
    /** May list what `create` lists too: what is there for the time of the rollout only. */
    readonly remove: readonly LeafRef[];
    /** Objects of others that serve as they are and are never written. Absent: none. */
    readonly use?: readonly LeafRef[];
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
  | PauseStep
  | VerifyStep
  | SetTtlStep
  | {
      readonly kind: 'removeLeaves';
      readonly leaves: readonly LeafRef[];
      /** Backends that go from a leaf that stays: it is written once more, without them. Absent: none. */
      readonly leaving?: readonly Leaving[];
    };

/** A backend on its way out of a leaf that others share. */
export interface Leaving {
  readonly backend: BackendId;
  readonly leaf: LeafRef;
}

/** Where a step of the plan comes from: its place in the strategy's own list, 0-based. Absent: Sluice has added it. */
interface OfStrategy {
  readonly strategyStep?: number;
}

interface PauseStep extends OfStrategy {
  readonly kind: 'pause';
  /** Absent: until promoted. */
  readonly durationSeconds?: number;
}

/** Requests to backends at the gateways of their clusters. */
interface VerifyStep extends OfStrategy {
  readonly kind: 'verify';
  readonly backends: readonly BackendId[];
  readonly verification: Verification;
}

/** Publishes another TTL, everything else as it is, and waits until answers with the TTL before have left caches. */
interface SetTtlStep {
  readonly kind: 'setTtl';
  readonly ttlSeconds: number;
  /** 0: answers that live shorter than they might hurt nobody. */
  readonly waitSeconds: number;
}

interface SetWeightStep extends OfStrategy {
  readonly kind: 'setWeight';
  readonly weight: number;
  /** The clusters that the step moves; absent: all. */
  readonly clusters?: readonly string[];
  readonly shares: Shares;
  /** How long answers given before may live in caches once the shares are in force; 0 for a first apply. */
  readonly ttlSeconds: number;
  /** Under failover routing: who is preferred, by cluster. Shares then say no more than who may serve at all. */
  readonly failover?: readonly string[];
}
