import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/**
 * Stores the histories of FederatedIngresses for the replay test, one file a run:
 *   node test/replay/record.ts --address 127.0.0.1:7233 --namespace default --release 0.1.0 --name canary
 * The tests in test/feature/workflow leave theirs in a Temporal namespace each, named after the test, for as long as that
 * Temporal runs: placements, drift, deletions of clusters that are away.
 */
const { values } = parseArgs({
  options: {
    address: { type: 'string', default: '127.0.0.1:7233' },
    namespace: { type: 'string', default: 'default' },
    release: { type: 'string', default: '0.1.0' },
    name: { type: 'string', default: 'rollout' },
  },
});

const directory = join(import.meta.dirname, 'histories');
mkdirSync(directory, { recursive: true });
const connection = await Connection.connect({ address: values.address });
const client = new Client({ connection, namespace: values.namespace });
let number = 0;
for await (const run of client.workflow.list({ query: 'WorkflowType = "federatedIngress"' })) {
  const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  const word = run.workflowId.split('/').at(-1) ?? 'run';
  number += 1;
  const file = join(directory, `${values.release}-${values.name}-${word}-${String(number).padStart(2, '0')}.json`);
  writeFileSync(file, `${historyToJSON(history)}\n`);
  console.log(`${file}: ${history.events?.length ?? 0} events`);
}
await connection.close();
