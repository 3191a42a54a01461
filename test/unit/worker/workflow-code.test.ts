import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { beforeAll, expect, it } from 'vitest';
import { WORKFLOW_CODE } from '../../../src/worker/workflow-code/sources.ts';
import { readHistories, stored } from '../../replay/stored.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');

let bundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  bundle = await bundleWorkflowCode({ ...WORKFLOW_CODE, logger: new DefaultLogger('ERROR') });
}, 300_000);

it('workflows read documents with schemas that they share', async () => {
  const [first] = stored().flatMap(readHistories);
  await Worker.runReplayHistory({ workflowBundle: bundle }, first, 'federatedingress/default/shop');
});

it('one workflow more takes kilobytes, not a copy of all modules', async () => {
  const creator = await ReusableVMWorkflowCreator.create(parseWorkflowCode(bundle.code), 10_000, new Set());
  const open = async (count: number) => {
    for (let index = 0; index < count; index += 1) await creator.createWorkflow(started());
  };
  await open(2);
  const before = heapKibibytes();
  await open(20);
  expect((heapKibibytes() - before) / 20).toBeLessThan(300);
});

it('modules that workflows share keep nothing that could change', () => {
  const ours = [...new Set([...bundle.code.matchAll(/"\.\/(src\/[^"!]+\.ts)"/g)].map(([, path = '']) => path))];
  expect(ours.length).toBeGreaterThan(50);
  const keeping = ours.filter((path) => KEEPS.test(readFileSync(join(CHECKOUT, path), 'utf8')));
  expect(keeping).toEqual([]);
});

/**
 * At the top of a module: what is assigned anew, or a collection that grows, such as one that begins empty and is not readonly;
 * or the same at the top of a class.
 */
const KEEPS =
  /^(export )?(let|var) |^(export )?const [^=]+ = new (Map|WeakMap|WeakSet|Array)\b|^(export )?const (?!.*readonly)[^=]+ = (\[\]|\{\}|new Set(<.*>)?\(\));$|^ {2}static (?!readonly)#?\w+ ?[:=]/m;

function heapKibibytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / 1_024;
}

type Options = Parameters<ReusableVMWorkflowCreator['createWorkflow']>[0];
let runs = 0;

/** A workflow that was begun this moment, before its first task. */
function started(): Options {
  runs += 1;
  const now = Date.now();
  const info = {
    workflowId: `federatedingress/default/w${runs}`,
    runId: `run-${runs}`,
    workflowType: 'federatedIngress',
    namespace: 'default',
    taskQueue: 'sluice',
    unsafe: { isReplaying: false, isReplayingHistoryEvents: false, now: Date.now },
  };
  // Nothing else of it is read before the first task.
  const options: unknown = { info, randomnessSeed: [...Array(16).keys()], now, showStackTraceSources: false };
  return options as Options;
}
