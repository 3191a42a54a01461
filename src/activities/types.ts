import type { GlobalIngress, Owner } from '../plan/global-ingress.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafIntent, ReadinessTarget } from '../planes/leaf/leaf.ts';
import type { FederatedIngress } from '../spec/types.ts';

/**
 * The verbs that the workflow may use on the world. Each is idempotent and safe to run twice; what cannot succeed by
 * trying again fails with an ApplicationFailure whose type is a `FailureType`.
 */
export interface Activities {
  /** Checks what needs knowledge of this installation: clusters and zones. Fails with InvalidSpec. */
  admit(spec: FederatedIngress): Promise<void>;
  /** Claims the hostname. The result is what the hostname serves already, if this owner had it before. Fails with HostnameClaimed. */
  claimHost(input: {
    readonly host: string;
    readonly owner: Owner;
    readonly ttlSeconds: number;
  }): Promise<GlobalIngress>;
  releaseHost(input: { readonly host: string; readonly owner: Owner }): Promise<void>;
  /** Writes leaves in all clusters at once; goes on trying where a cluster does not answer, and says so. Fails with LeafRefused. */
  applyLeaves(input: { readonly watch: string; readonly leaves: readonly LeafIntent[] }): Promise<void>;
  removeLeaves(input: {
    readonly watch: string;
    readonly owner: Owner;
    readonly leaves: readonly LeafRef[];
  }): Promise<void>;
  /** Reports readiness by the `observed` signal, each change at once, until it is cancelled. */
  followReadiness(input: { readonly watch: string; readonly targets: readonly ReadinessTarget[] }): Promise<void>;
  /** Publishes a traffic state and waits until every plane serves it. Fails with HostnameClaimed. */
  shiftTraffic(input: { readonly watch: string; readonly globalIngress: GlobalIngress }): Promise<void>;
}

/** `type` of the ApplicationFailures that activities and workflow throw. */
export type FailureType =
  | 'InvalidSpec'
  | 'HostnameClaimed'
  | 'LeafRefused'
  | 'Refused'
  | 'UnknownWorkflowType'
  | 'Internal';
