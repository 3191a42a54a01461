import type { ClusterConfig } from '../../../lib/kubernetes/cluster.ts';
import type { AnyObject, Manifest, ObjectRef, Resource } from '../../../lib/kubernetes/objects.ts';
import type { LeafRef } from '../../../plan/types.ts';
import type { LeafIntent, ReadinessTarget } from '../leaf.ts';

/** What a kind has to know of the cluster that an object is for. */
export type ClusterSettings = Pick<ClusterConfig, 'name' | 'gateway' | 'classes'>;

/**
 * One kind of object that Sluice writes, or whose status says where a backend is reached. Pure: what is asked of an API
 * server is handed in.
 */
export interface Kind {
  readonly resource: Resource<AnyObject>;
  /** What has to be read before the manifest can be written: Services of the member cluster, by name in the leaf's namespace. */
  services(intent: LeafIntent): readonly string[];
  /** The whole object: every field that Sluice owns, and none besides. Or why there is none; `apply` fails with that. */
  manifest(intent: LeafIntent, cluster: ClusterSettings, found: Found): Wanted;
  /** What else has to be watched to tell readiness and reach, as far as the object (if it is known) lets it be told. */
  related(target: ReadinessTarget, object?: AnyObject): Relation;
  /**
   * The kind's own rules, in order; the first that finds something decides. Undefined: all is well, and `reach` is not
   * empty. Not for an object that is gone, foreign or being deleted: whoever calls has looked at that.
   */
  accepted(object: AnyObject, target: ReadinessTarget, related: Related): Finding | undefined;
  /** Whether the controller has taken up the object's generation; undefined: it has, or the kind does not say. */
  observed(object: AnyObject, ref: LeafRef): Finding | undefined;
  /** Where the object is reached, as far as it says now. */
  reach(object: AnyObject, target: ReadinessTarget, related: Related): Reach;
  /** How a probe names this very backend. */
  probe(target: ReadinessTarget): ProbeAs;
}

/** What was read for a manifest. */
export interface Found {
  /** By name; those that are not there are left out. */
  readonly services?: ReadonlyMap<string, AnyObject>;
  /** The hub's Secret, for the copy of it. */
  readonly secret?: AnyObject;
}

export type Wanted =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | {
      readonly kind: 'refused';
      /** One CamelCase word, such as ServiceNotFound or TooManyRules. */
      readonly reason: string;
      readonly message: string;
      /** It may be over later, without a change of the spec. */
      readonly retryable: boolean;
    };

export type Relation =
  | { readonly kind: 'none' }
  | { readonly kind: 'object'; readonly ref: ObjectRef<AnyObject> }
  /** All nodes of the cluster. */
  | { readonly kind: 'nodes' };

/** What is known now of that to which `related` refers. */
export type Related =
  | { readonly kind: 'none' }
  | { readonly kind: 'object'; readonly sighting: Sighting }
  /** Undefined: not listed yet. */
  | { readonly kind: 'nodes'; readonly nodes: readonly AnyObject[] | undefined };

/** What the API server said of an object last. */
export type Sighting =
  | { readonly kind: 'notAsked' }
  | { readonly kind: 'object'; readonly object: AnyObject }
  | { readonly kind: 'gone' };

/**
 * What a kind has to say against readiness. `undecided`: no verdict yet, the one before stands. `momentary`: may be over
 * in a moment (a status that is empty while a controller restarts), so a ready backend stays ready for a while. `behind`: a
 * controller has not taken up the newest spec, and serves the one before for as long as that takes.
 */
export type Finding =
  | {
      readonly kind: 'notReady';
      readonly reason: string;
      readonly message: string;
      readonly momentary?: true | 'behind';
    }
  | { readonly kind: 'undecided' };

/** Where clients get to a leaf. Cloud load balancers give names, others addresses. Both sorted, each once. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly hostnames: readonly string[];
  /** Where it is not the port of the cluster's gateway: a Service of its own, a node port. */
  readonly port?: number;
}

export interface ProbeAs {
  /** The Host header and server name. */
  readonly hostHeader: string;
  /** Besides, such as `Sluice-Backend`. */
  readonly headers: Readonly<Record<string, string>>;
}

export const NOWHERE: Reach = { addresses: [], hostnames: [] };
export const UNRELATED: Relation = { kind: 'none' };

export function notReady(reason: string, message: string, momentary?: 'momentary' | 'behind'): Finding {
  if (momentary === undefined) return { kind: 'notReady', reason, message };
  return { kind: 'notReady', reason, message, momentary: momentary === 'behind' ? momentary : true };
}

export function refused(reason: string, message: string, retryable: boolean): Wanted {
  return { kind: 'refused', reason, message, retryable };
}
