import type { Endpoints, WayBack } from '../plan/back-steps.ts';
import type { BackendNames } from '../plan/explain.ts';
import type { GlobalIngress, Owner } from '../plan/global-ingress.ts';
import type { Counted, Measured } from '../plan/measured.ts';
import type { BackendId, LeafRef } from '../plan/types.ts';
import type { LeafIntent, Readiness, ReadinessTarget } from '../planes/leaf/leaf.ts';
import type { Verification } from '../spec/rollout-types.ts';
import type { Backend, FederatedIngress } from '../spec/types.ts';

/**
 * The verbs that the workflow may use on the world. Each is idempotent and safe to run twice; what cannot succeed by
 * trying again fails with an ApplicationFailure whose type is a `FailureType`.
 */
export interface Activities {
  /**
   * Places the backends that go by labels, as near to `current` as can be, and checks what needs knowledge of this
   * installation: clusters and zones. Undefined: as it was handed in. Fails with InvalidSpec.
   */
  admit(spec: FederatedIngress, current: readonly Backend[]): Promise<FederatedIngress | undefined>;
  /** Claims the hostname. The result is what the hostname serves already, if this owner had it before. Fails with HostnameClaimed. */
  claimHost(input: {
    readonly host: string;
    readonly owner: Owner;
    readonly ttlSeconds: number;
  }): Promise<GlobalIngress>;
  releaseHost(input: { readonly host: string; readonly owner: Owner }): Promise<void>;
  /** Writes leaves in all clusters at once; goes on trying where a cluster does not answer, and says so. Fails with LeafRefused. */
  applyLeaves(input: {
    readonly watch: string;
    /** In the order of writing within each cluster. */
    readonly leaves: readonly LeafIntent[];
    /** Wait until controllers have taken up what was written. */
    readonly observed: boolean;
    /** Milliseconds since the epoch: what cannot be written until then is missed, and so is what is refused. */
    readonly giveUpAt?: number;
    /** Fails with LeafRefused also where there is a time to give up. */
    readonly refusalsFail?: true;
    /** Clusters that are known to refuse: what they refuse again is missed. */
    readonly refusing?: readonly string[];
  }): Promise<Missed | undefined>;
  /** Removes leaves. What cannot be removed until `giveUpAt` (milliseconds since the epoch) is missed. */
  removeLeaves(input: {
    readonly watch: string;
    readonly owner: Owner;
    readonly leaves: readonly LeafRef[];
    readonly giveUpAt: number;
  }): Promise<Missed | undefined>;
  /**
   * Reports by the `observed` signal, each change at once, until it is cancelled: readiness, how leaves differ from what was
   * written, and where the backends of `placement` would be placed now. What is as it is `known` to be is no news; but an
   * attempt after the first reports everything, since nobody knows what was said by the one before.
   */
  followReadiness(input: {
    readonly watch: string;
    readonly targets: readonly ReadinessTarget[];
    /** As written last. */
    readonly leaves?: readonly LeafIntent[];
    /** Those that are known to differ, or not known not to: it is reported when one is as it was written. */
    readonly doubted?: readonly LeafRef[];
    readonly known?: Known;
    readonly placement?: FederatedIngress;
  }): Promise<void>;
  /**
   * Publishes a traffic state and waits until every plane serves it. The result, when asked for what is `counted`, is the point
   * from which shares are measured. Fails with HostnameClaimed.
   *
   * With `leaves` it writes those first. Where they are not taken up at once nothing is published: who has time for that
   * calls applyLeaves.
   */
  shiftTraffic(input: {
    readonly watch: string;
    readonly globalIngress: GlobalIngress;
    /** That of the preview host, in force together with it; its revision goes on from its own. */
    readonly preview?: GlobalIngress;
    /** Preview hosts to give up. */
    readonly dropped?: readonly string[];
    /** Workflows of earlier versions did not ask, and would not know what to do with the answer. */
    readonly counted?: true;
    /** In the order of writing within each cluster. */
    readonly leaves?: readonly LeafIntent[];
    /** Milliseconds since the epoch: instances that do not serve it until then are missing. */
    readonly giveUpAt?: number;
  }): Promise<InForce | Unpublished | undefined>;
  /**
   * Waits until answers given before have left caches, and then, when asked to `measure`, until what planes have counted
   * since is what is wanted, or until it is known that it cannot be told, or until the time for it is up.
   */
  settleTraffic(input: {
    readonly watch: string;
    readonly host: string;
    /** When the last answer given before has left caches, milliseconds since the epoch. */
    readonly until: number;
    readonly measure?: Measurement;
  }): Promise<Settled>;
  /**
   * Counts the ready endpoints of backends, once: at once, or when they bear more of a way back than its current shares, so
   * that it is worth a step. Who is not listed in the result is not known: nobody waits for a cluster that does not answer.
   */
  countEndpoints(input: {
    readonly watch: string;
    readonly backends: readonly Backend[];
    readonly untilMore?: {
      readonly way: WayBack;
      readonly names: BackendNames;
      /** What there is to say besides, such as until when. */
      readonly note: string;
    };
  }): Promise<Endpoints>;
  /**
   * Asks each backend at the gateway of its cluster, as readiness is probed there but for path and statuses: at
   * `lastAddresses` and `lastPort`. All backends at once, the requests to one in turn. In the order of `targets`.
   */
  verifyBackends(input: {
    readonly watch: string;
    readonly verification: Verification;
    readonly targets: readonly ReadinessTarget[];
  }): Promise<readonly Verified[]>;
}

/** A traffic state that every plane serves, but for what is missing. */
export interface InForce {
  /** Those that serve it, such as `127.0.0.1:5300`. */
  readonly instances: readonly string[];
  /** Answers that each of them had given until then. */
  readonly counted: Counted;
  /** Those that did not follow until it was given up; absent when all have. */
  readonly missing?: readonly MissingInstance[];
  /** For how long all others had served it when this was told, milliseconds; earlier versions told it only when somebody is missing. */
  readonly servedForMs?: number;
}

export interface MissingInstance {
  readonly instance: string;
  /** Why, in words. */
  readonly message: string;
}

/** Nothing was published, since leaves were not taken up at once, or since it was cancelled before. */
export interface Unpublished {
  readonly kind: 'unpublished';
}

/** Which answers to look at, and what they have to show. */
export interface Measurement {
  /** Basis points of all answers, by cluster. */
  readonly wanted: Readonly<Record<string, number>>;
  /** What planes had counted when the shares came into force. */
  readonly since: Counted;
  /** Percentage points, for each cluster. */
  readonly tolerancePercent: number;
  /** How long after `until` it may take. */
  readonly withinSeconds: number;
}

export interface Settled {
  /** Absent when nobody asked for it. */
  readonly measured?: Measured;
}

/** What became of the requests to one backend. */
export interface Verified {
  readonly backend: BackendId;
  readonly kind: 'passed' | 'failed';
  /** Those that were sent. */
  readonly requests: number;
  readonly failures: number;
  /** In a sentence, with the first failure's reason. */
  readonly message: string;
}

/** What a workflow knows already when something begins to be followed for it. */
export interface Known {
  readonly readiness: readonly Readiness[];
  /** The backends are placed as the last selection wanted it. */
  readonly isPlaced: boolean;
}

/** Leaves in clusters that were away until the time was up. */
export interface Missed {
  readonly missed: readonly LeafRef[];
  /** Why, in words, by cluster. */
  readonly why?: Readonly<Record<string, string>>;
}

/** `type` of the ApplicationFailures that activities and workflow throw. */
export type FailureType =
  | 'InvalidSpec'
  | 'HostnameClaimed'
  | 'LeafRefused'
  | 'Refused'
  | 'UnknownWorkflowType'
  | 'Internal';
