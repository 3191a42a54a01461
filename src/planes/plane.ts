import type { Counted } from '../plan/measured.ts';

/**
 * The control side of something that carries traffic. What to serve reaches a plane through the GlobalIngress store
 * (docs/decisions/0002); here the control side asks what really is in force.
 */
export interface Plane {
  readonly name: string;
  /** What each instance serves for a hostname, asked over the wire. Never throws for an instance that does not answer. */
  observe(host: string, revision: number, signal: AbortSignal): Promise<readonly Observation[]>;
  /**
   * Answers by cluster that each instance has given for a hostname since it began, asked over the wire. An instance that
   * does not tell is left out. Never throws.
   */
  measure(host: string, signal: AbortSignal): Promise<Counted>;
  /** Whether this plane can do its work now, one entry an instance. */
  health(signal: AbortSignal): Promise<readonly InstanceHealth[]>;
}

/** What one instance of a plane says of one revision. */
export type Observation =
  /** `by`: it could not be asked, and is believed. */
  | { readonly kind: 'inForce'; readonly instance: string; readonly by?: 'report' }
  | { readonly kind: 'pending'; readonly instance: string; readonly reason: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly instance: string; readonly reason: string; readonly message: string };

export type InstanceHealth =
  | { readonly kind: 'healthy'; readonly instance: string }
  | { readonly kind: 'unhealthy'; readonly instance: string; readonly message: string };
