import type { ServerExplanation } from '../../client/http/dns-schemas.ts';

/** What the API needs of the DNS side; the worker passes it in. */
export interface DnsService {
  /** Asks every DNS server. It has a deadline of its own. */
  explain(
    question: { readonly host: string; readonly subnet?: string | undefined },
    signal: AbortSignal,
  ): Promise<readonly ServerExplanation[]>;
  /** Whether a FederatedIngress claims the hostname. */
  isClaimed(host: string): Promise<boolean>;
  readonly challenges: Challenges;
}

/** What is answered at `_acme-challenge.<host> TXT`. */
export interface Challenges {
  put(challenge: Challenge): Promise<void>;
  /** undefined when there is none, or it has expired. */
  get(host: string): Promise<Challenge | undefined>;
  remove(host: string): Promise<void>;
}

export interface Challenge {
  readonly host: string;
  readonly values: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
