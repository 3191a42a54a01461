import type { GlobalIngress, Owner } from '../plan/global-ingress.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafIntent, Readiness, ReadinessTarget } from '../planes/leaf/leaf.ts';
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
  /** Publishes a traffic state and waits until every plane serves it. Fails with HostnameClaimed. */
  shiftTraffic(input: { readonly watch: string; readonly globalIngress: GlobalIngress }): Promise<void>;
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
}

/** `type` of the ApplicationFailures that activities and workflow throw. */
export type FailureType =
  | 'InvalidSpec'
  | 'HostnameClaimed'
  | 'LeafRefused'
  | 'Refused'
  | 'UnknownWorkflowType'
  | 'Internal';
