import type { StatusRange } from './types.ts';

/** How a rollout gets from live to desired: the part of the domain form that `types.ts` has as `strategy`, `deadlines` and `rollout`. */

export type Strategy =
  | { readonly kind: 'direct' }
  | { readonly kind: 'canary'; readonly steps: readonly Step[] }
  | {
      readonly kind: 'blueGreen';
      /** Asked of the new side before the flip, before `hold`. */
      readonly verify?: Verification;
      readonly hold: Hold;
      readonly keepOldSeconds: number;
    };

export type Step =
  | {
      readonly kind: 'setWeight';
      /** Per cent of the way from live to desired. */
      readonly weight: number;
      /** The clusters that go this far; all others stay where they are. Absent: all of them. */
      readonly clusters?: readonly string[];
    }
  | { readonly kind: 'pause' /** Absent: until promoted. */; readonly durationSeconds?: number }
  | { readonly kind: 'verify'; readonly verification: Verification };

/**
 * Requests to every backend that the rollout brings, at the gateway of its own cluster and whatever share it has: how a new
 * version is tested before anybody gets it.
 */
export interface Verification {
  /** Asked with the hostname as Host header. */
  readonly path: string;
  /** Status codes that pass. */
  readonly statuses: readonly StatusRange[];
  /** How many requests to each backend, one after the other. */
  readonly count: number;
  /** How many of them may fail, for each backend. */
  readonly maxFailures: number;
  /** Of one request. */
  readonly timeoutSeconds: number;
}

/** What a rollout does when something fails, and when another spec comes. */
export interface RolloutPolicy {
  /** `rollback`: traffic goes back. `hold`: everything stays as it is until a person decides. */
  readonly onFailure: 'rollback' | 'hold';
  readonly rollback: RollbackPolicy;
  /** How many clusters may fail (not become ready, not pass a verification, refuse to be written) and be left at what they had. */
  readonly maxFailedClusters: number;
  readonly unreachable: UnreachablePolicy;
  /** What becomes of a rollout that is under way when another spec comes. */
  readonly onChange: 'supersede' | 'queue' | 'amend';
  /** The old side is known to be broken: it is neither waited for nor gone back to. */
  readonly incumbentBroken?: { readonly reason: string };
  /** Back to a generation that completed at most this long ago: without its steps. 0: never. */
  readonly rollbackWindowSeconds: number;
  /** Controllers that have to take up what was written, before traffic moves between clusters. */
  readonly leaves: GatePolicy;
  /** Instances of planes that have to serve a revision. */
  readonly planes: GatePolicy;
  readonly measured: MeasuredPolicy;
}

/** How traffic goes back: in one shift, or as far as the ready endpoints of each backend bear it. */
export type RollbackPolicy =
  | { readonly kind: 'atOnce' }
  | {
      readonly kind: 'byEndpoints';
      /** How long it may take; what is left then goes back at once. */
      readonly withinSeconds: number;
    };

/** A cluster that does not answer: waited for, or left out after a time and taken in again when it is back. */
export type UnreachablePolicy =
  | { readonly kind: 'wait' }
  | { readonly kind: 'goOn' /** How long it has to be away. */; readonly afterSeconds: number };

/** How long a step waits for those who have to follow, and what happens when some do not. */
export interface GatePolicy {
  /** Absent: the progress deadline. */
  readonly withinSeconds?: number;
  /** The step fails, or it is said and the rollout goes on without them. */
  readonly otherwise: 'fail' | 'goOn';
}

/** How near the shares that planes count have to be to those that are wanted before a step ends. */
export interface MeasuredPolicy {
  /** Percentage points, for each cluster. */
  readonly tolerancePercent: number;
  /** How long it may take until they are. */
  readonly withinSeconds: number;
  /** What happens when they are not by then: the step fails, or it is said and the rollout goes on. */
  readonly otherwise: 'fail' | 'goOn';
}

/** What blue/green does between "the new side is verified" and the flip. */
export type Hold =
  | { readonly kind: 'none' }
  | { readonly kind: 'timed'; readonly durationSeconds: number }
  | { readonly kind: 'untilPromoted' };

export interface Deadlines {
  /** How long new leaves may take to become ready, seconds. */
  readonly readyTimeoutSeconds: number;
  /** How long any one step may take without coming to its end, seconds; pauses are not counted. */
  readonly progressDeadlineSeconds: number;
}
