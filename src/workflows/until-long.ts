import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import { NextRun } from './failure.ts';

/**
 * Runs in this scope what may last for days, such as a wait for a plane that is away. When the history grows long meanwhile,
 * it is stopped and NextRun thrown: it is begun again in the next run.
 */
export async function untilLong<T>(scope: CancellationScope, body: () => Promise<T>): Promise<T> {
  const beside = new CancellationScope({ cancellable: true });
  let isLong = false;
  const stop = (): void => {
    isLong = true;
    scope.cancel();
  };
  beside.run(() => condition(() => workflowInfo().continueAsNewSuggested)).then(stop, () => undefined);
  try {
    return await scope.run(body);
  } catch (error) {
    if (isLong && isCancellation(error)) throw new NextRun();
    throw error;
  } finally {
    beside.cancel();
  }
}
