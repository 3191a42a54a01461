import type { GlobalIngress, Owner } from '../../plan/global-ingress.ts';

/**
 * The durable state between control and traffic: activities write it, planes watch it. Any number of processes may
 * use it at once; a hostname has one owner, and its revision only grows.
 */
export interface GlobalIngressStore {
  /** The newest state of a hostname; undefined when nobody claims it. */
  get(host: string): Promise<GlobalIngress | undefined>;
  /** Every claimed hostname, sorted by host. */
  list(): Promise<readonly GlobalIngress[]>;
  /**
   * Claims a hostname for `owner` by compare-and-set: makes an empty GlobalIngress, or returns the one that this owner
   * already has. Revisions go on from where an earlier owner left them.
   */
  claim(host: string, owner: Owner, ttlSeconds: number): Promise<ClaimOutcome>;
  /** Writes `next` if its owner holds the claim and its revision is above the current one. Writing the same state twice is `written`. */
  put(next: GlobalIngress): Promise<PutOutcome>;
  /** Gives the hostname up. Nothing happens when somebody else owns it. */
  release(host: string, owner: Owner): Promise<void>;
  /**
   * Calls `onChange` with the whole list at once, and again after each change, within milliseconds and never
   * concurrently. `onError` hears of a store that cannot be read; the watch goes on. The result ends it.
   * A hostname leaves the list by its release only: one that is missing or unreadable, and was read before or is among `known`
   * (what an earlier process served), stays as it was. So a store that was emptied is not taken for the truth.
   */
  watch(
    onChange: (all: readonly GlobalIngress[]) => void,
    onError: (error: Error) => void,
    known?: readonly GlobalIngress[],
  ): () => void;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly current: GlobalIngress }
  | { readonly kind: 'taken'; readonly by: Owner };

export type PutOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'conflict'; readonly current: GlobalIngress | undefined };
