import type { Client } from '@temporalio/client';
import { workflowId } from '../../../src/spec/names.ts';
import type { BenchIngress } from './documents.ts';

const SAMPLE = 20;

/** What the histories of some FederatedIngresses hold, on the average. */
export interface Histories {
  readonly events: number;
  readonly runs: number;
}

/** Over all runs of a workflow, continued as new or not. */
export async function readHistories(client: Client, ingresses: readonly BenchIngress[]): Promise<Histories> {
  const step = Math.max(1, Math.floor(ingresses.length / SAMPLE));
  const sample = ingresses.filter((_, index) => index % step === 0);
  let events = 0;
  let runs = 0;
  for (const { name } of sample) {
    const id = workflowId('default', name);
    for await (const execution of client.workflow.list({ query: `WorkflowId='${id}'` })) {
      const described = await client.workflow.getHandle(id, execution.runId).describe();
      events += described.historyLength;
      runs += 1;
    }
  }
  return { events: events / sample.length, runs: runs / sample.length };
}
