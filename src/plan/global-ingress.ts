/** Who may write a hostname: the FederatedIngress that claimed it. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** The compiled traffic state of one hostname. Planes read only this. */
export interface GlobalIngress {
  readonly host: string;
  readonly owner: Owner;
  /** Grows by one with each published state of the hostname, also across owners. */
  readonly revision: number;
  readonly ttlSeconds: number;
  /** One a cluster, sorted by name. Shares sum to 10,000; empty when nothing serves (claimed, or drained). */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly cluster: string;
  /** Basis points; 0 for a leaf that can be tested but has no traffic. */
  readonly share: number;
  /** IPv4 and IPv6 addresses, sorted. */
  readonly addresses: readonly string[];
}
