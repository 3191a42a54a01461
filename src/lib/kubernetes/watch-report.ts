import type { KubernetesError } from './errors.ts';

/** What a watch says of one object. Each report replaces the one before. */
export type ObjectReport<T> =
  | { readonly kind: 'object'; readonly object: T }
  | { readonly kind: 'gone' }
  /** The cluster could not be asked: nothing is known of what happens there now. */
  | { readonly kind: 'unreachable'; readonly error: KubernetesError };

export interface ObjectKey {
  /** Absent for kinds that have none. */
  readonly namespace?: string;
  readonly name: string;
}

/** All that a watch knows. */
export interface WatchedState<T> {
  readonly objects: readonly T[];
  /** The cluster cannot be asked now: the objects are those that were known last, or none if none ever were. */
  readonly unreachable?: KubernetesError;
}
