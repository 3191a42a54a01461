import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { openFileStore } from '../../planes/store/file-store.ts';
import { UnreadableHostError } from '../../planes/store/file-watch.ts';

export interface FollowStoreOptions {
  readonly directory: string;
  /** What was served before: the last-good copy. */
  readonly served: readonly GlobalIngress[];
  /** Hears of all hostnames at first, and of all again after each change. */
  readonly onStates: (states: readonly GlobalIngress[]) => void;
  readonly onError: (error: Error) => void;
}

const STORE_RETRY_MS = 500;

/** Follows the GlobalIngress store until the result is called. */
export function followStore({ directory, served, onStates, onError }: FollowStoreOptions): () => Promise<void> {
  const stopped = new AbortController();
  const unreadable = new Set<string>();
  let current = served;
  const apply = (all: readonly GlobalIngress[]) => {
    current = withUnreadable(all, current, unreadable);
    onStates(current);
  };
  const report = (error: Error) => {
    if (error instanceof UnreadableHostError) unreadable.add(error.host);
    onError(error);
  };
  const watching = whenThere(directory, { required: served.length > 0, signal: stopped.signal, onError }).then(() =>
    stopped.signal.aborted ? () => undefined : openFileStore(directory).watch(apply, report),
  );
  return async () => {
    stopped.abort();
    (await watching)();
  };
}

/** A hostname whose state cannot be read is not gone: what was served of it stays. */
function withUnreadable(
  all: readonly GlobalIngress[],
  served: readonly GlobalIngress[],
  unreadable: Set<string>,
): readonly GlobalIngress[] {
  if (unreadable.size === 0) return all;
  for (const { host } of all) unreadable.delete(host);
  return [...all, ...served.filter(({ host }) => unreadable.has(host))];
}

interface Wait {
  readonly required: boolean;
  readonly signal: AbortSignal;
  readonly onError: (error: Error) => void;
}

/** A store that is missing while hostnames are being served is a fault, not an empty store: waits until it is there. */
async function whenThere(directory: string, { required, signal, onError }: Wait): Promise<void> {
  const exists = () =>
    access(directory).then(
      () => true,
      () => false,
    );
  if (!required || (await exists())) return;
  onError(new Error(`${directory} is missing; the last-good copy is served until it is there`));
  while (!signal.aborted && !(await exists())) {
    // Called off: the loop sees it.
    await delay(STORE_RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
