import type { SlotRange } from '../plan/global-ingress.ts';
import type { BackendId, Plan, Shares } from '../plan/types.ts';
import type { LeafDrift, LeafIntent } from '../planes/leaf/leaf.ts';
import type { Steering } from './messages.ts';
import type { FailedCluster, Gate, RolloutOutcome, WithheldCluster } from './status.ts';

/** The parts of what a FederatedIngress remembers. Plain JSON; times are milliseconds since the epoch. */

/** Addresses and names of load balancers of the backends that are published. */
export interface Reach {
  readonly addresses: Readonly<Record<BackendId, readonly string[]>>;
  readonly hostnames: Readonly<Record<BackendId, readonly string[]>>;
  /** Where that is not the port of the cluster's gateway. */
  readonly ports?: Readonly<Record<BackendId, number>>;
}

export interface PublishedPreview {
  readonly host: string;
  readonly shares: Shares;
  /** For a sticky draw to go on from. */
  readonly slots?: readonly SlotRange[];
}

export interface WrittenLeaf {
  readonly intent: LeafIntent;
  /** Whether the object is like that is not known: a write is under way, or did not come to its end. */
  readonly pending?: true;
}

export interface DriftRecord extends LeafDrift {
  /** When it was taken back, lately. */
  readonly takenBackAt: readonly number[];
  /** Why it is not taken back any more. */
  readonly contested?: string;
}

/** A cluster without traffic. Times are milliseconds since the epoch. */
export interface Withheld {
  readonly cluster: string;
  readonly why: WithheldCluster['why'];
  readonly since: number;
  readonly actor: string;
  readonly reason?: string;
}

export interface KeptGeneration {
  readonly generation: number;
  readonly document: unknown;
  /** When its rollout completed; absent when it never did. */
  readonly completedAt?: number;
}

export interface Queued {
  readonly document: unknown;
  readonly steering?: Steering;
  readonly at: number;
}

/** Why there is a rollout, when that is not a new document. */
export interface RolloutCause {
  /** Such as `drain of east`. */
  readonly words: string;
  /** In one shift, whatever the strategy. */
  readonly direct?: true;
  /** Taken back, it is not in force: the cluster gets its traffic again. */
  readonly drains?: string;
  /** Taken back, it is in force again. */
  readonly undrains?: Withheld;
}

export interface Rollout {
  generation: number;
  cause?: RolloutCause;
  plan: Plan;
  /** Index of the current step. */
  step: number;
  records: StepRecord[];
  readonly startedAt: number;
  endedAt?: number;
  /** Who holds the next step back. */
  pausedBy?: string;
  /** A step failed, and a person has to decide. */
  held?: { readonly reason: string; readonly message: string; readonly since: number };
  /** Clusters that failed and are left at what they had. */
  failed?: readonly FailedCluster[];
  /** Up to this index nobody holds a step back: it was planned anew, and comes to where it was. */
  catchUpTo?: number;
  /** Index of the pause that was promoted. */
  promotedStep?: number;
  /** Skip pauses and intermediate weights. */
  full: boolean;
  /** Set once traffic is on its way back. */
  rollback?: {
    readonly reason: string;
    readonly message: string;
    /** When it began. */
    since?: number;
    /** Somebody does not want to wait any more until endpoints bear it. */
    atOnce?: true;
  };
  outcome?: RolloutOutcome;
}

export interface StepRecord {
  startedAt?: number;
  endedAt?: number;
  until?: number;
  /** How long clusters that are away may hold up a removal. */
  patienceEndsAt?: number;
  gates?: readonly Gate[];
}

export interface Deletion {
  readonly requestedAt: number;
  phase: 'draining' | 'removingLeaves' | 'done';
  /** Do not wait for clusters that are away. */
  force?: true;
  /** How long they may hold it up otherwise. */
  patienceEndsAt?: number;
}
