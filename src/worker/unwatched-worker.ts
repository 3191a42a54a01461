import { Worker } from '@temporalio/worker';

type Creation = Parameters<(typeof Worker)['createWorkflowCreator']>;

/**
 * A worker whose calls into the sandbox of workflows have no time limit. Node has a new thread watch each call that has one,
 * and a task of a workflow is half a dozen calls: on a busy machine most of its time is waiting for such threads to begin and
 * end. The limit (5 s) is against workflow code without an end; all of it is in this repository.
 */
export class UnwatchedWorker extends Worker {
  protected static override createWorkflowCreator(
    ...[bundle, options, logger]: Creation
  ): ReturnType<(typeof Worker)['createWorkflowCreator']> {
    const unlimited = Object.assign({}, options, { isolateExecutionTimeoutMs: undefined });
    return super.createWorkflowCreator(bundle, unlimited, logger);
  }
}
