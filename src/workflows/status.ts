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
  /** The GlobalIngress revision published last. */
  readonly revision: number;
  /** Leaves that were left behind in clusters that could not be reached; absent when there are none. */
  readonly orphans?: readonly LeafRef[];
  /** The object that the newest generation comes from, where one in the hub is the source. */
  readonly source?: Source;
  /** The latest 50 mutations and automatic decisions, oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** An object in the hub that a FederatedIngress is kept in step with. */
export interface Source {
  readonly kind: 'hub';
  readonly uid: string;
  /** `metadata.generation` of that object. */
  readonly generation: number;
}

/** One word for lists and for the search attribute `SluiceState`. */
export type EntityState =
  | 'Progressing'
  | 'Paused'
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
  /** Index into `steps` of the current step, 0-based; equal to `steps.length` when all are done. */
  readonly step: number;
  readonly steps: readonly StepStatus[];
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Set by the `pause` verb: the next step does not begin. */
  readonly paused: boolean;
  readonly outcome?: RolloutOutcome;
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
}

export interface HistoryEntry {
  /** RFC 3339. */
  readonly at: string;
  /** `sluice` for automatic decisions, else who asked: door and name, such as `http:alice` or `temporal`. */
  readonly actor: string;
  /** CamelCase, such as Applied, Placed, Promoted, Aborted, RolledBack, Completed, Drifted, TakenBack, DeleteRequested, Orphaned. */
  readonly action: string;
  readonly message: string;
}

/** What `apply` answers. */
export interface ApplyResult {
  readonly outcome: 'created' | 'updated' | 'unchanged';
  readonly generation: number;
}

/** What the `preview` query answers: the plan that applying a document would walk. */
export interface Preview {
  readonly outcome: ApplyResult['outcome'];
  readonly plan: Plan;
  readonly live?: Allocation;
}
