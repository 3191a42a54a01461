import type { PlanInput } from '../plan/plan.ts';
import type { Allocation, LeafRef, Plan, PlanStep } from '../plan/types.ts';
import type { CertificateState, DriftField } from '../planes/leaf/leaf.ts';

/** What the `status` query returns, what HTTP and CLI show: everything there is to know of one FederatedIngress. */
export interface Status {
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
  /** RFC 3339: when the first spec was accepted; the AGE of lists. */
  readonly createdAt: string;
  /** Grows with each accepted spec. */
  readonly generation: number;
  /** The generation whose rollout completed last; absent before the first. */
  readonly liveGeneration?: number;
  /** The document of the newest generation, as submitted. */
  readonly document: unknown;
  readonly state: EntityState;
  /** One sentence: what it is doing or waiting for now. */
  readonly message: string;
  readonly conditions: readonly Condition[];
  readonly backends: readonly BackendStatus[];
  readonly rollout?: RolloutStatus;
  /** Clusters that get no traffic whatever the spec says; absent when there are none. */
  readonly withheld?: readonly WithheldCluster[];
  /** Accepted, and begun when the rollout under way has ended (`onChange: queue`). */
  readonly queued?: { readonly generation: number; readonly at: string };
  /** Generations that `undo` can go back to, newest first, without the newest. */
  readonly undoable?: readonly UndoableGeneration[];
  /** The hostname that leads to what a rollout brings; absent when there is none. */
  readonly preview?: PreviewStatus;
  /** The GlobalIngress revision published last. */
  readonly revision: number;
  /** Leaves that were left behind in clusters that could not be reached; absent when there are none. */
  readonly orphans?: readonly LeafRef[];
  /** The object that the newest generation comes from, where one in the hub is the source. */
  readonly source?: Source;
  /** The latest mutations and automatic decisions, at most 200, oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** An object in the hub that a FederatedIngress is kept in step with. */
export interface Source {
  readonly kind: 'hub';
  readonly uid: string;
  /** `metadata.generation` of that object. */
  readonly generation: number;
}

export interface PreviewStatus {
  readonly host: string;
  /** Who answers for it, with basis points; empty before anything serves. */
  readonly backends: readonly { readonly name: string; readonly cluster: string; readonly share: number }[];
}

export interface WithheldCluster {
  readonly cluster: string;
  /** `drained`: somebody asked for it. `unreachable`: it does not answer, and comes back by itself. */
  readonly why: 'drained' | 'unreachable';
  /** RFC 3339. */
  readonly since: string;
  readonly actor: string;
  readonly reason?: string;
}

export interface UndoableGeneration {
  readonly generation: number;
  /** RFC 3339: when its rollout completed; absent when it never did. */
  readonly completedAt?: string;
  readonly strategy: string;
}

/** One word for lists and for the search attribute `SluiceState`. */
export type EntityState =
  | 'Progressing'
  | 'Paused'
  /** A step failed, and nothing moves until a person decides (`onFailure: hold`). */
  | 'Held'
  | 'Ready'
  | 'Degraded'
  | 'RollingBack'
  | 'RolledBack'
  | 'Failed'
  | 'Deleting'
  | 'Deleted';

/** Kubernetes condition. Types: `Ready`, `Progressing`, `HostnameClaimed`. */
export interface Condition {
  readonly type: 'Ready' | 'Progressing' | 'HostnameClaimed';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

export interface BackendStatus {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  readonly namespace: string;
  /** Basis points at the end of the newest generation. */
  readonly wantedShare: number;
  /** Basis points in force in every plane now. */
  readonly shareInForce: number;
  /** Basis points that its cluster had of the answers that planes counted since the shares are in force; absent: too few. */
  readonly measuredShare?: number;
  /** Set while and after it is drained: until when old answers may be in caches, RFC 3339, and whether that is over. */
  readonly drain?: { readonly cachedUntil: string; readonly isProved: boolean };
  readonly readiness: 'Ready' | 'NotReady' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly addresses: readonly string[];
  /** Where it is reached, when that is not the port of the cluster's gateway. */
  readonly port?: number;
  /** The object whose status says where the backend is reached. */
  readonly leaf: LeafRef;
  /** What somebody else has changed in its leaves; absent when nothing is. */
  readonly drift?: readonly DriftField[];
  /** The certificate of the hostname in its cluster; absent without TLS, or before it was looked at. */
  readonly certificate?: CertificateState;
}

export interface RolloutStatus {
  readonly generation: number;
  /** Why there is one, when that is not a new document: `drain of east`. */
  readonly cause?: string;
  /** Index into `steps` of the current step, 0-based; equal to `steps.length` when all are done. */
  readonly step: number;
  readonly steps: readonly StepStatus[];
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Set by the `pause` verb: the next step does not begin. */
  readonly paused: boolean;
  /** A step failed and `onFailure` is `hold`: nothing moves until somebody says retry, abort or applies another spec. */
  readonly held?: { readonly reason: string; readonly message: string; readonly since: string };
  /** Clusters that failed and were left at what they had (`maxFailedClusters`). */
  readonly failedClusters?: readonly FailedCluster[];
  /** Who moved it last: `http:alice`, `sluice`. */
  readonly lastActor?: string;
  /** RFC 3339: when it ends if nothing takes longer than it must; absent when a step waits for a person. */
  readonly expectedEnd?: string;
  readonly outcome?: RolloutOutcome;
}

export interface FailedCluster {
  readonly cluster: string;
  readonly reason: string;
  readonly message: string;
}

export type RolloutOutcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'superseded'; readonly byGeneration: number }
  | { readonly kind: 'rolledBack'; readonly reason: string; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

export interface StepStatus {
  readonly step: PlanStep;
  /** The step in words, such as `shift to 10 %: v1 90 %, v2 10 %`. */
  readonly text: string;
  readonly state: 'waiting' | 'running' | 'done';
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** RFC 3339: when a timed pause, or the wait for old answers to leave caches, ends. */
  readonly until?: string;
  /** Whole seconds it takes at least, by the plan. */
  readonly plannedSeconds: number;
  /** RFC 3339: when it ends if nothing takes longer than it must; absent when done, and from a step on that waits for a person. */
  readonly expectedEnd?: string;
  /** What has to hold before the step ends, one a line, in order; absent before it began. */
  readonly gates?: readonly Gate[];
}

/** One thing that has to hold before a shift of traffic counts as in force. */
export interface Gate {
  readonly gate: 'leaves' | 'planes' | 'caches' | 'measured';
  readonly state: 'waiting' | 'passed' | 'skipped' | 'failed';
  /** One sentence: `2 DNS servers serve revision 7`, `too few answers to tell: 12, it takes 400`. */
  readonly message: string;
}

export interface HistoryEntry {
  /** Grows by one with each entry of a FederatedIngress: what is missing in between has been dropped. */
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  /** `sluice` for automatic decisions, else who asked: door and name, such as `http:alice` or `temporal`. */
  readonly actor: string;
  /** CamelCase, such as Applied, LeavesWritten, Shifted, Placed, Promoted, Aborted, RolledBack, Completed, Drifted, TakenBack, DeleteRequested, Orphaned. */
  readonly action: string;
  readonly message: string;
  /** What came in by a door; absent for automatic decisions. */
  readonly door?: Door;
  /** What the actor gave as reason. */
  readonly reason?: string;
  /** What is different since the entry before. */
  readonly before?: Facts;
  readonly after?: Facts;
}

/** Where a mutation came in. */
export type Door = 'http' | 'cli' | 'kubectl' | 'temporal';

/** What an audit wants to compare. */
export interface Facts {
  readonly generation?: number;
  readonly state?: EntityState;
  /** 1-based position in the rollout. */
  readonly step?: number;
  /** Basis points in force by cluster. */
  readonly shares?: Readonly<Record<string, number>>;
  /** How long an answer that was given may be cached. */
  readonly ttlSeconds?: number;
  readonly withheld?: readonly string[];
}

/** What `apply` answers. */
export interface ApplyResult {
  /** `queued`: it begins when the rollout under way has ended. */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'queued';
  readonly generation: number;
}

/** The plan that applying a document would walk. */
export interface Preview {
  readonly outcome: ApplyResult['outcome'];
  readonly plan: Plan;
  readonly live?: Allocation;
  /** What becomes of the rollout that is under way; absent when there is none. */
  readonly change?: PlanChange;
}

/** `queued`: the plan is from its end. `amended`: the plan has the steps that are left. `superseded`: from what is in force. */
export interface PlanChange {
  readonly kind: 'queued' | 'amended' | 'superseded';
  /** One sentence. */
  readonly message: string;
}

/** What the `preview` query answers: the preview, and what it was planned from, for whoever simulates it. */
export interface PlannedPreview extends Preview {
  /** Absent: from a worker of a version that did not say. */
  readonly start?: PlanInput;
}
