import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection, type WorkflowExecutionInfo } from '@temporalio/client';
import { Processes } from '../../playground/processes.ts';
import { standardProgress } from '../../playground/progress.ts';
import { stopOnSignal } from '../../playground/stop-on-signal.ts';
import { startTemporal } from '../../playground/temporal.ts';
import { ensureTool } from '../../playground/tools/tool.ts';
import { toolTable } from '../../playground/tools/tool-table.ts';
import { createLog } from '../../src/lib/log.ts';
import { workflowId } from '../../src/spec/names.ts';
import { VERSION } from '../../src/worker/version.ts';
import { workflowBundle } from '../../src/worker/workflow-code/bundle.ts';
import { ScriptedClusters } from '../feature/workflow/scripted-clusters.ts';
import { ScriptedSluice } from '../feature/workflow/scripted-sluice.ts';
import { until } from '../support/until.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { EAST_AND_WEST, type Scenario } from './scenarios/scenario.ts';
import { type History, keepOnly, store, wordsIn } from './stored.ts';

/**
 * `npm run histories`: plays every scenario on a Temporal server of its own and stores the histories of this release for the
 * replay test. `--only canary` plays those whose name begins so and leaves the others as they are.
 */
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const ADDRESS = '127.0.0.1';
const PORT = 17_190;
const DIRECTORY = join(import.meta.dirname, '../../.sluice/histories');
/** Much of a scenario is waiting for timers. */
const AT_ONCE = 4;
const NEVER = new AbortController().signal;

/** Histories that are long enough to continue as new are more than gRPC takes by default. */
const connection = Connection.lazy({
  address: `${ADDRESS}:${PORT}`,
  channelArgs: { 'grpc.max_receive_message_length': -1 },
});

async function record(): Promise<void> {
  const chosen = SCENARIOS.filter(({ name }) => name.startsWith(values.only ?? ''));
  // Once, before all of them make their own at the same time.
  await workflowBundle({ log: createLog({ level: 'error', name: 'histories', pretty: false }), signal: NEVER });
  const left = [...chosen];
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      try {
        await play(next);
      } catch (error) {
        console.error(`${next.name}: ${error instanceof Error ? error.message : String(error)}`);
        failures.push(next.name);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  keepOnly(
    VERSION,
    SCENARIOS.map(({ name }) => name),
  );
  if (failures.length > 0) throw new Error(`not recorded: ${failures.join(', ')}`);
}

async function play(scenario: Scenario): Promise<void> {
  const { name, clusters = EAST_AND_WEST, holds } = scenario;
  const sluice = await ScriptedSluice.start(new ScriptedClusters(clusters), { address: `${ADDRESS}:${PORT}`, name });
  try {
    await scenario.play(sluice);
    const runs = await until(
      async () => {
        const all = await runsOf(sluice);
        const told = wordsIn(all);
        const missing = holds.filter((word) => !told.has(word));
        if (missing.length > 0) throw new Error(`no history tells of ${missing.join(', ')}`);
        return all;
      },
      { what: `the histories of ${name}`, timeoutMs: 15_000 },
    );
    const events = runs.reduce((sum, run) => sum + (run.events?.length ?? 0), 0);
    console.log(`${name}: ${runs.length} runs, ${events} events, ${store(VERSION, name, runs)} bytes`);
  } finally {
    await sluice.stop();
  }
}

/** Those that have decided something, oldest first. */
async function runsOf({ temporal: { options } }: ScriptedSluice): Promise<readonly History[]> {
  const client = new Client({ connection, namespace: options.namespace });
  const found: WorkflowExecutionInfo[] = [];
  const query = `WorkflowId = "${workflowId('default', 'shop')}"`;
  for await (const run of client.workflow.list({ query })) found.push(run);
  const inOrder = found.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime());
  const histories = await Promise.all(
    inOrder.map((run) => client.workflow.getHandle(run.workflowId, run.runId).fetchHistory()),
  );
  return histories.filter(({ events }) => events?.some((event) => event.workflowTaskCompletedEventAttributes));
}

const progress = standardProgress();
const processes = new Processes(DIRECTORY);
const stop = async (): Promise<void> => {
  await connection.close();
  await processes.stopAll();
  rmSync(DIRECTORY, { recursive: true, force: true });
};
const stopping = stopOnSignal(stop);
try {
  const binary = await ensureTool(toolTable(process.env).temporal, (detail) => progress.note(detail));
  const place = { binary, address: ADDRESS, directory: DIRECTORY, port: PORT, uiPort: PORT + 1_000 };
  await startTemporal(processes, { ...place, database: 'memory' });
  await record();
} catch (error) {
  if (!stopping.requested) console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  progress.close();
  if (!stopping.requested) {
    await stop();
    // A runtime of the SDK for which no worker came about would keep the process.
    process.exit();
  }
}
