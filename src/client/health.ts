import type { Client } from '@temporalio/client';
import { TASK_QUEUE } from '../spec/names.ts';

const DEADLINE_MS = 2_000;
/** TASK_QUEUE_TYPE_WORKFLOW and _ACTIVITY of temporal.api.enums.v1. */
const QUEUE_TYPES = [
  { type: 1, name: 'workflow' },
  { type: 2, name: 'activity' },
] as const;

/** What keeps Sluice from working on Temporal's side, one sentence each; empty when nothing does. */
export async function temporalHealth(client: Client): Promise<readonly string[]> {
  try {
    const missing = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      Promise.all(QUEUE_TYPES.map(({ type, name }) => missingPoller(client, type, name))),
    );
    return missing.filter((sentence) => sentence !== undefined);
  } catch (error) {
    return [`the Temporal server does not answer${detailOf(error)}`];
  }
}

/** What gRPC says of the cause; that time ran out needs no saying. */
function detailOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error) || cause.message.includes('DEADLINE_EXCEEDED')) return '';
  return `: ${cause.message}`;
}

async function missingPoller(client: Client, type: 1 | 2, name: string): Promise<string | undefined> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: type,
  });
  if (pollers && pollers.length > 0) return undefined;
  return `no worker polls the task queue "${TASK_QUEUE}" for ${name} tasks`;
}
