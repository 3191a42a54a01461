import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import type { GlobalIngressStore } from '../../planes/store/store.ts';

export interface FollowStoreOptions {
  readonly store: GlobalIngressStore;
  /** Where the store is kept, if that is a folder. */
  readonly directory?: string;
  /** What was served before: the last-good copy. */
  readonly served: readonly GlobalIngress[];
  /** Hears of all hostnames at first, and of all again after each change. */
  readonly onStates: (states: readonly GlobalIngress[]) => void;
  readonly onError: (error: Error) => void;
}

const STORE_RETRY_MS = 500;

/** Follows the GlobalIngress store until the result is called. What was served stays until it is released there. */
export function followStore({ store, directory, served, onStates, onError }: FollowStoreOptions): () => Promise<void> {
  const stopped = new AbortController();
  const required = served.length > 0 ? directory : undefined;
  const watching = whenThere(required, { signal: stopped.signal, onError }).then(() =>
    stopped.signal.aborted ? () => undefined : store.watch(onStates, onError, served),
  );
  return async () => {
    stopped.abort();
    (await watching)();
  };
}

interface Wait {
  readonly signal: AbortSignal;
  readonly onError: (error: Error) => void;
}

/** A store that is missing while hostnames are being served is a fault, not an empty store: waits until it is there. */
async function whenThere(directory: string | undefined, { signal, onError }: Wait): Promise<void> {
  if (directory === undefined || (await exists(directory))) return;
  onError(new Error(`${directory} is missing; the last-good copy is served until it is there`));
  while (!signal.aborted && !(await exists(directory))) {
    // Called off: the loop sees it.
    await delay(STORE_RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function exists(directory: string): Promise<boolean> {
  return access(directory).then(
    () => true,
    () => false,
  );
}
