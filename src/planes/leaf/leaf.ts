import type { Owner } from '../../plan/global-ingress.ts';
import type { BackendId, LeafRef } from '../../plan/types.ts';
import type { Backend, FederatedIngress, HealthCheck, Leaf, Preview, Tls } from '../../spec/types.ts';
import type { ProbeOutcome } from './probe.ts';

/** What happens when somebody changes or removes a leaf by hand. */
export type DriftPolicy = FederatedIngress['drift'];

/** What a leaf should be: enough to build the object, whole. */
export interface LeafIntent {
  readonly ref: LeafRef;
  readonly owner: Owner;
  readonly host: string;
  readonly preview?: Preview;
  readonly leaf: Leaf;
  readonly tls?: Tls;
  readonly drift: DriftPolicy;
  /** The backends that this object serves in its cluster and namespace, with their shares of all traffic (basis points) now. */
  readonly backends: readonly { readonly backend: Backend; readonly share: number }[];
}

/** What to prove before a backend may have traffic. */
export interface ReadinessTarget {
  readonly backend: BackendId;
  /** The backend itself. */
  readonly of: Backend;
  /** The object whose status says where the backend is reached. */
  readonly ref: LeafRef;
  /** Sluice made the object. A Service that is used as it is has neither our label nor an owner. */
  readonly owned: boolean;
  readonly leaf: Leaf;
  readonly owner: Owner;
  readonly host: string;
  readonly preview?: Preview;
  readonly tls?: Tls;
  readonly health: HealthCheck;
  /** Addresses seen before: probed while the cluster's API cannot be asked (unknown is not gone). */
  readonly lastAddresses: readonly string[];
  /** The port that was reported with them, if there was one. */
  readonly lastPort?: number;
  /** Other backends are served by the same object, so the probe has to name this one. */
  readonly shared: boolean;
}

/** Readiness of one backend. `unknown` is neither: the cluster could not be asked and there is nothing to probe. */
export type Readiness = {
  readonly backend: BackendId;
  /** Present when the certificate of the hostname is copied from the hub. */
  readonly certificate?: CertificateState;
} & Verdict;

export type Verdict =
  | {
      readonly kind: 'ready';
      readonly addresses: readonly string[];
      /** Names of load balancers that some of the addresses come from; absent while they are not known. */
      readonly hostnames?: readonly string[];
      /** Where it is reached, when that is not the port of the cluster's gateway (NodePort, a Service of its own). */
      readonly port?: number;
      /** Present while the last known good is held on to: what is wrong for the moment. */
      readonly message?: string;
    }
  | { readonly kind: 'notReady'; readonly reason: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string };

/** How one object differs from what was written; no fields: it does not (any more). */
export interface LeafDrift {
  readonly ref: LeafRef;
  readonly fields: readonly DriftField[];
  /** The split that it was compared with, where there is one: who follows in another process may not know the newest. */
  readonly shares?: Readonly<Record<BackendId, number>>;
}

/** One field that somebody else has changed. Never the values of Secrets. The object removed: path '', found 'nothing'. */
export interface DriftField {
  /** Such as `.spec.rules[0].host`. */
  readonly path: string;
  readonly wanted: string;
  readonly found: string;
  /** The field manager that changed it, where the object tells. */
  readonly manager?: string;
}

/** The certificate of a hostname in one cluster. */
export interface CertificateState {
  readonly cluster: string;
  readonly kind: 'current' | 'missing' | 'outdated';
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint?: string;
  /** RFC 3339. */
  readonly notAfter?: string;
  readonly message: string;
}

/** The leaf objects in all member clusters. */
export interface LeafPlane {
  /**
   * Creates or updates one leaf by server-side apply, field manager `sluice`. The first apply is never forced; with
   * `takeBack`, fields of an object that is ours already are. Throws LeafError: an object of that name that is not ours,
   * a field conflict (names manager and field), a cluster that refuses or does not answer.
   */
  apply(intent: LeafIntent, signal: AbortSignal): Promise<void>;
  /** Waits until the controller has taken up what was applied last. Kinds that do not say so: at once. Throws LeafError. */
  observed(ref: LeafRef, signal: AbortSignal): Promise<void>;
  /** Removes one leaf if label and owner say it is ours. Not there is done. Throws LeafError. */
  remove(ref: LeafRef, owner: Owner, signal: AbortSignal): Promise<void>;
  /**
   * Sends one probe, now: what `target.health` asks, to one address of the gateway, at `lastPort`. Never throws.
   */
  ask(target: ReadinessTarget, address: string, signal: AbortSignal): Promise<ProbeOutcome>;
  /**
   * Follows the readiness of one backend until `signal` aborts, by watches and probes from outside at the health check's
   * interval. Calls `onChange` at once when the first verdict is known and whenever it changes.
   * Resolves when `signal` aborts; never throws for a cluster that cannot be reached.
   */
  follow(target: ReadinessTarget, onChange: (readiness: Readiness) => void, signal: AbortSignal): Promise<void>;
  /**
   * Follows until `signal` aborts whether the objects are as they were written. Calls back at once with the first
   * verdict on each and whenever one changes. What is applied meanwhile in this process is what is compared with from then on.
   */
  followDrift(intents: readonly LeafIntent[], onChange: (drift: LeafDrift) => void, signal: AbortSignal): Promise<void>;
}
