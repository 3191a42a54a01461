import type { Owner } from '../../plan/global-ingress.ts';
import type { BackendId, LeafRef } from '../../plan/types.ts';
import type { Backend, HealthCheck, Tls } from '../../spec/types.ts';

/** What a leaf should be: enough to build the object, whole. */
export interface LeafIntent {
  readonly ref: LeafRef;
  readonly owner: Owner;
  readonly host: string;
  readonly className?: string;
  readonly tls?: Tls;
  readonly backend: Backend;
}

/** What to prove before a backend may have traffic. */
export interface ReadinessTarget {
  readonly backend: BackendId;
  readonly ref: LeafRef;
  readonly owner: Owner;
  readonly host: string;
  readonly health: HealthCheck;
  /** Addresses seen before: probed while the cluster's API cannot be asked (unknown is not gone). */
  readonly lastAddresses: readonly string[];
}

/** Readiness of one backend. `unknown` is neither: the cluster could not be asked and there is nothing to probe. */
export type Readiness =
  | {
      readonly kind: 'ready';
      readonly backend: BackendId;
      readonly addresses: readonly string[];
      /** Names of load balancers that some of the addresses come from; absent while they are not known. */
      readonly hostnames?: readonly string[];
    }
  | { readonly kind: 'notReady'; readonly backend: BackendId; readonly reason: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly backend: BackendId; readonly reason: string; readonly message: string };

/** The leaf objects in all member clusters. */
export interface LeafPlane {
  /**
   * Creates or updates one leaf by server-side apply, field manager `sluice`, never forced. Throws LeafError: an object
   * of that name that is not ours, a field conflict (names manager and field), a cluster that refuses or does not answer.
   */
  apply(intent: LeafIntent, signal: AbortSignal): Promise<void>;
  /** Removes one leaf if label and owner say it is ours. Not there is done. Throws LeafError. */
  remove(ref: LeafRef, owner: Owner, signal: AbortSignal): Promise<void>;
  /**
   * Follows the readiness of one backend until `signal` aborts, by a watch on the object and probes from outside at the
   * health check's interval. Calls `onChange` at once when the first verdict is known and whenever it changes.
   * Resolves when `signal` aborts; never throws for a cluster that cannot be reached.
   */
  follow(target: ReadinessTarget, onChange: (readiness: Readiness) => void, signal: AbortSignal): Promise<void>;
}
