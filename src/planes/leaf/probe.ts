import { request as httpRequest, type IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Probe {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The Host header: which hostname is asked for at the address. */
  readonly host: string;
  readonly timeoutMs: number;
}

export type ProbeOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: 'ProbeFailed' | 'ProbeUnanswered'; readonly message: string };

/** What is read of an answer; the rest proves nothing more. */
const BODY_LIMIT_BYTES = 64 * 1024;

/** One GET from outside, over a connection of its own. 200 to 399 passes. Never throws. */
export async function sendProbe(probe: Probe, signal: AbortSignal): Promise<ProbeOutcome> {
  const timeout = AbortSignal.timeout(probe.timeoutMs);
  try {
    const message = await exchange(probe, AbortSignal.any([signal, timeout]));
    const { statusCode = 0, statusMessage = '' } = message;
    if (statusCode >= 200 && statusCode < 400) return { kind: 'passed' };
    return failed(probe, 'ProbeFailed', `answered ${statusCode} ${statusMessage}`.trimEnd());
  } catch (error) {
    const late = `gave no whole answer within ${probe.timeoutMs / 1000} s`;
    return failed(probe, 'ProbeUnanswered', timeout.aborted ? late : `failed: ${describeError(error)}`);
  }
}

export interface ProbeSeries {
  readonly intervalMs: number;
  /** Returns whether the address still has to be verified: then the next probe comes sooner. */
  readonly onOutcome: (outcome: ProbeOutcome) => 'verifying' | 'verified';
  readonly signal: AbortSignal;
}

/** First wait while an address is verified; it doubles up to the interval. */
const FIRST_WAIT_MS = 250;

/** Probes an address until the signal aborts. */
export async function probeRepeatedly(probe: Probe, { intervalMs, onOutcome, signal }: ProbeSeries): Promise<void> {
  let quickMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const began = performance.now();
    const outcome = await sendProbe(probe, signal);
    if (signal.aborted) return;
    const state = onOutcome(outcome);
    const waitMs = state === 'verifying' ? Math.min(quickMs, intervalMs) : intervalMs;
    quickMs = Math.min(quickMs * 2, intervalMs);
    const left = Math.max(0, waitMs - (performance.now() - began));
    await delay(left, undefined, { signal }).catch(() => undefined); // ends the wait
  }
}

function exchange({ address, port, path, host }: Probe, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // No agent: a kept connection would go on to a gateway that takes no new ones.
    const headers = { host, 'user-agent': 'sluice-probe' };
    const request = httpRequest({ host: address, port, path, method: 'GET', headers, agent: false, signal });
    request.on('error', reject);
    request.on('response', (message) => {
      discard(message).then(() => resolve(message), reject);
    });
    request.end();
  });
}

async function discard(message: IncomingMessage): Promise<void> {
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) return; // leaving the loop closes the connection
  }
}

function failed(
  { address, port, path, host }: Probe,
  reason: 'ProbeFailed' | 'ProbeUnanswered',
  what: string,
): ProbeOutcome {
  const authority = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
  return { kind: 'failed', reason, message: `GET http://${authority}${path} with Host ${host} ${what}` };
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
