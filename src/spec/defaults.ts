/** The numbers of the spec: what holds when a field is left out, and what is allowed. Durations as users write them. */

export const DEFAULTS = {
  namespace: 'default',
  pathType: 'Prefix',
  /** All backends without a weight: equal parts, as for the backends of a Kubernetes HTTPRoute. */
  weight: 1,
  /** How long new leaves may take: pulling nothing, only an ingress controller has to take them up. */
  readyTimeout: '2m',
  /** How long a step may take before the rollout is taken back. Must be above the TTL. */
  progressDeadline: '10m',
  keepOld: '0s',
  /** What somebody does to a leaf by hand is more often a mistake than a wish. */
  drift: 'takeBack',
  /** Long enough for a restart of a control plane; after that nobody should have to wait for a cluster that is gone. */
  orphanAfter: '30m',
  ttl: '30s',
  /** At most; a shorter TTL makes it shorter. What a shift and a rollback have to wait for. */
  rolloutTtl: '30s',
  draw: 'stratified',
  healthPath: '/',
  /** Also a redirect shows that somebody is there who knows the hostname. */
  healthStatuses: ['200-399'],
  healthInterval: '5s',
  /** At most; a shorter interval makes it shorter. */
  healthTimeout: '2s',
  unhealthyThreshold: 3,
  healthyThreshold: 1,
  /** When half of the share is said to be down, the prober is the likelier culprit, or the rest could not carry it. */
  failOpenPercent: 50,
  verifyPath: '/',
  verifyCount: 10,
  verifyMaxFailures: 0,
  verifyTimeout: '2s',
  onFailure: 'rollback',
  maxFailedClusters: 0,
  /** Long enough for an autoscaler to bring nodes and pods; shorter than anybody wants to look at a failing version. */
  backWithin: '10m',
  /** Longer than a restart of an API server. */
  goOnAfter: '5m',
  onChange: 'supersede',
  /** What served an hour ago is known well enough to go back to in one shift. */
  rollbackWindow: '1h',
  /** Of `leaves` and `planes`: nothing is promoted on a guess. */
  gateOtherwise: 'fail',
  /** Percentage points. Of 1,000 answers at 10 % three standard errors are 2.8. */
  measuredTolerance: 5,
  measuredWithin: '1m',
  measuredOtherwise: 'fail',
} as const;

export const LIMITS = {
  backends: 256,
  routesPerBackend: 64,
  /** "A step list that never ends": one this long is a mistake. */
  steps: 100,
  weight: 1_000_000,
  /** All timed pauses of a step list together: a leap year. */
  pausesTotal: '8784h',
  /** RFC 1035, 2.3.4: 255 octets on the wire are 253 characters. */
  host: 253,
  label: 63,
  /** A key of a label: 253 for the prefix, a slash, 63 for the name. */
  labelKey: 317,
  /** Conditions of a selector, entries of `clusterWeights`. */
  selectorParts: 32,
  selectorValues: 64,
  path: 1_024,
  /** Gateway API: of one HTTPRoute. */
  httpRouteRules: 16,
  httpRouteMatches: 128,
  /** OpenShift: `to` and three `alternateBackends` of one Route. */
  routeBackends: 4,
  threshold: 100,
  regions: 64,
  statusRanges: 16,
  verifyCount: 1_000,
  /** Why the old side is known to be broken: a sentence. */
  reason: 1_024,
  /** Problems told of one document: a worst case of thousands would not fit into a Temporal failure (2 MB). */
  issues: 50,
} as const;
