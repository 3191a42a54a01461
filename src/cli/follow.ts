import type { Reading } from '../client/client.ts';
import type { Status } from '../workflows/status.ts';
import type { Session } from './session.ts';

export interface FollowOptions<T> {
  /** Called with the status at once and at each change; anything but undefined ends the watch. */
  readonly visit: (reading: Reading<Status>) => T | undefined;
  /** No limit when absent. */
  readonly timeoutSeconds?: number | undefined;
  /** From when the time counts, in Unix milliseconds; from now when absent. */
  readonly begun?: number | undefined;
}

export type FollowEnd<T> =
  | { readonly kind: 'decided'; readonly value: T }
  | { readonly kind: 'gone' }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'interrupted' };

/** Watches one FederatedIngress until `visit` decides, it is gone, the time is up or the user presses Ctrl-C. */
export async function follow<T>(
  session: Pick<Session, 'client' | 'namespace'>,
  name: string,
  options: FollowOptions<T>,
): Promise<FollowEnd<T>> {
  const stop = new AbortController();
  let end: FollowEnd<T> = { kind: 'gone' };
  const endAs = (reason: FollowEnd<T>) => {
    if (stop.signal.aborted) return;
    end = reason;
    stop.abort();
  };
  const onStatus = (reading: Reading<Status>) => {
    if (stop.signal.aborted) return;
    const value = options.visit(reading);
    if (value !== undefined) endAs({ kind: 'decided', value });
  };
  const interrupt = () => endAs({ kind: 'interrupted' });
  const timer = startTimer(options, () => endAs({ kind: 'timedOut' }));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await session.client.watch(session.namespace, name, onStatus, stop.signal);
    return end;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function startTimer(options: FollowOptions<unknown>, onTimeout: () => void): NodeJS.Timeout | undefined {
  const { timeoutSeconds, begun = Date.now() } = options;
  if (timeoutSeconds === undefined) return undefined;
  return setTimeout(onTimeout, Math.max(0, begun + timeoutSeconds * 1000 - Date.now()));
}
