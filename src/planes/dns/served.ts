import type { GlobalIngress } from '../../plan/global-ingress.ts';

/** A hostname as it is served: its state, and what this machine has found out about its targets. Plain JSON. */
export interface ServedHost {
  readonly state: GlobalIngress;
  /** One for each target of the state, in its order. */
  readonly targets: readonly ServedTarget[];
  /** Too much share would have gone, so that health is left out of account. */
  readonly failsOpen: boolean;
  /** Values of `_acme-challenge.<host> TXT` (RFC 8555 section 8.4). */
  readonly challenges: readonly string[];
}

export interface ServedTarget {
  readonly cluster: string;
  /** What is answered for this cluster: its addresses and those of its hostnames, without the ones that are down while others are up. */
  readonly addresses: readonly string[];
  readonly health: TargetHealth;
}

export interface TargetHealth {
  /** Unknown is not down. */
  readonly kind: 'up' | 'down' | 'unknown';
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** In a sentence, what the last probe found. */
  readonly message: string;
}
