import type { Deadlines, RolloutPolicy, Strategy } from './rollout-types.ts';

/**
 * The domain form of a FederatedIngress: what `parse` makes of a document. Everything inside Sluice works on these
 * types; they are already right and are never validated again. All of it is plain JSON, so it crosses Temporal as it is.
 */

export interface FederatedIngress {
  readonly namespace: string;
  readonly name: string;
  /** Lower-case A-labels, no trailing dot. */
  readonly host: string;
  /** Present when what a rollout brings has a hostname of its own. */
  readonly preview?: Preview;
  readonly leaf: Leaf;
  /** Those that name their cluster, and once placed (`place`) one for each cluster that a placement comes to. */
  readonly backends: readonly Backend[];
  /** Backends that say by labels which clusters they are for; none in most documents. */
  readonly placements: readonly Placement[];
  readonly strategy: Strategy;
  readonly deadlines: Deadlines;
  /** What a rollout does when something fails, and when another spec comes. */
  readonly rollout: RolloutPolicy;
  readonly dns: DnsSettings;
  /** Which cluster a client gets. */
  readonly routing: Routing;
  readonly health: HealthCheck;
  /** What to do when somebody else changes or removes a leaf. */
  readonly drift: DriftPolicy;
  /** How long a cluster that does not answer, or is not registered any more, may hold up the removal of its leaves, seconds. */
  readonly orphanAfterSeconds: number;
  /** Present when the hostname is served over TLS. */
  readonly tls?: Tls;
}

/** A second hostname, which leads to what a rollout brings, whatever traffic that has. */
export interface Preview {
  /** Lower-case A-labels, no trailing dot. */
  readonly host: string;
}

/** `takeBack`: write it again. `hold`: the rollout waits until it is as it was. `accept`: only shown. */
export type DriftPolicy = 'takeBack' | 'hold' | 'accept';

export interface DnsSettings {
  /** TTL of the address records, seconds. */
  readonly ttlSeconds: number;
  /** The TTL while a rollout moves shares; never longer than `ttlSeconds`. */
  readonly rolloutTtlSeconds: number;
  /** How a cluster is drawn for each answer: by exact counts, or the same one for the same client. */
  readonly draw: 'stratified' | 'sticky';
}

/** `weighted`: by share. `failover`: the first that is healthy. `geo`: among those of the client's region, by share. */
export type Routing =
  | { readonly kind: 'weighted' }
  | {
      readonly kind: 'failover' /** In order of preference; each has a backend. */;
      readonly clusters: readonly string[];
    }
  | { readonly kind: 'geo'; readonly regions: readonly Region[] };

export interface Region {
  /** A region of the DNS servers' settings (`dns.regions`). */
  readonly name: string;
  /** The clusters for clients of this region; others step in when none of them is healthy. */
  readonly clusters: readonly string[];
}

export interface Tls {
  /** A Secret of type kubernetes.io/tls in the namespace of each backend. */
  readonly secretName: string;
  /** Where the Secret comes from: copied from the hub, or there already. Absent: from the hub if there is one. */
  readonly from?: 'hub' | 'cluster';
}

/** The kind of object that Sluice makes in the member clusters. Names of classes are mapped for each cluster. */
export type Leaf =
  | { readonly kind: 'Ingress' /** Absent: the cluster's default. */; readonly className?: string }
  | { readonly kind: 'HTTPRoute'; readonly gateway: GatewayChoice }
  | {
      readonly kind: 'Service' /** Absent: the backend's own Service is used as it is. */;
      readonly type?: 'LoadBalancer' | 'NodePort';
    }
  | { readonly kind: 'Route' };

/** The Gateway that an HTTPRoute is attached to: one that is there, or one that Sluice makes beside the route. */
export type GatewayChoice =
  | {
      readonly kind: 'existing';
      readonly name: string;
      /** Absent: the namespace of the backend. */
      readonly namespace?: string;
      /** Absent: every listener that lets the hostname in. */
      readonly sectionName?: string;
    }
  | { readonly kind: 'own' /** The GatewayClass. */; readonly className: string };

/** A backend in every cluster that the labels select. */
export interface Placement {
  /** Its backends are called `<name>-<cluster>`. */
  readonly name: string;
  readonly selector: LabelSelector;
  readonly namespace: string;
  readonly routes: readonly Route[];
  /** Of each backend, where no entry of `clusterWeights` says otherwise. */
  readonly weight: number;
  /** The first whose labels a cluster has gives the weight there. */
  readonly clusterWeights: readonly {
    readonly matchLabels: Readonly<Record<string, string>>;
    readonly weight: number;
  }[];
  /** Absent: all selected clusters. */
  readonly spread?: Spread;
}

export interface Spread {
  /** The label over whose values clusters are spread as evenly as can be. Absent: any clusters do. */
  readonly by?: string;
  readonly maxClusters: number;
}

/** As in Kubernetes: all conditions hold; none is everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelExpression[];
}

export interface LabelExpression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

export interface Backend {
  readonly name: string;
  readonly cluster: string;
  /** The placement that it comes from; absent when the document names the cluster. */
  readonly placement?: string;
  readonly namespace: string;
  readonly routes: readonly Route[];
  /** Relative, 0 to 1,000,000. 0 keeps the leaf and gives no traffic. */
  readonly weight: number;
}

export interface Route {
  readonly path: string;
  readonly pathType: 'Prefix' | 'Exact' | 'ImplementationSpecific';
  readonly service: { readonly name: string; readonly port: number };
}

/** What is asked of a gateway, with the hostname as Host header and server name. */
export type Probe =
  | HttpProbe
  | { readonly kind: 'tcp' /** Absent: the port of the cluster's gateway. */; readonly port?: number };

export interface HttpProbe {
  readonly kind: 'http' | 'https';
  readonly path: string;
  /** Absent: the hostname itself. */
  readonly hostHeader?: string;
  /** Absent: the port of the cluster's gateway. Never absent for https. */
  readonly port?: number;
  /** Status codes that pass. */
  readonly statuses: readonly StatusRange[];
}

/** Status codes, both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** The probe from outside: a leaf has to pass it to be ready, and the planes repeat it to leave a failing cluster out. */
export interface HealthCheck {
  readonly probe: Probe;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Failures in a row that make a ready leaf not ready. */
  readonly unhealthyThreshold: number;
  /** Passes in a row that make a leaf ready. */
  readonly healthyThreshold: number;
  /** When more than this part of the share would go, all are treated as healthy (fail open); per cent. */
  readonly failOpenPercent: number;
}

/** A registered cluster, by what selectors look at. */
export interface RegisteredLabels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Something wrong with a document: where it is, what was found, what is allowed. */
export interface SpecIssue {
  /** Path in the document, such as `spec.backends[1].weight`. Empty for the document itself. */
  readonly path: string;
  /** A sentence that names what was found and what is allowed, and where it helps what to do. */
  readonly message: string;
}

export type Parsed<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly issues: readonly SpecIssue[] };
