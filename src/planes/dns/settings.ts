import type { CookieJar } from './limits/cookies.ts';
import type { Networks } from './limits/networks.ts';
import type { RateLimiter } from './limits/rate-limit.ts';

/** How the server treats its clients; the zones are apart. */
export interface AnswerSettings {
  /** Server cookies (RFC 7873); undefined: cookies are ignored. */
  readonly cookies: CookieJar | undefined;
  /** Undefined: no limit. */
  readonly rateLimiter: RateLimiter | undefined;
  /** Who may ask `_sluice`, `_answers` and `_explain`. */
  readonly trusted: Networks;
  /** What ANY gets (RFC 8482 section 4): one small record, or nothing. */
  readonly any: 'minimal' | 'refused';
  /** Whether a resolver may ask on behalf of a subnet (RFC 7871). */
  readonly clientSubnet: boolean;
  /** Whether answers say why they are what they are (RFC 8914). */
  readonly extendedErrors: boolean;
  /** What this server calls itself (RFC 5001); undefined: it does not say. */
  readonly nsid: Buffer | undefined;
  /** How long a TCP connection may be idle, told to clients that ask (RFC 7828), milliseconds. */
  readonly tcpIdleMs: number;
}
