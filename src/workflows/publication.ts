import { CancellationScope, CancelledFailure, isCancellation, sleep } from '@temporalio/workflow';
import type { Publication } from './run.ts';

/** A write that is about to begin. */
export function newPublication(): Publication {
  return { scope: new CancellationScope({ cancellable: true }) };
}

/** Somebody else publishes now. */
export function preempt(publication: Publication): void {
  publication.preempted = true;
  publication.scope.cancel();
}

const PATIENCE_MS = 2_000;

/** Lets a write come to its end if that is soon; one that waits for a plane that is away makes room. */
export async function overtake(publication: Publication): Promise<void> {
  if (publication.outdated) return;
  publication.outdated = true;
  try {
    await sleep(PATIENCE_MS, { summary: 'Before new addresses overtake' });
    publication.scope.cancel();
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

/** The walk was stopped while it waited for its turn. */
export function throwIfCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('stopped before it was published');
}
