import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOW_CODE } from '../../src/worker/workflow-code/sources.ts';

const HISTORIES = join(import.meta.dirname, 'histories');

/**
 * Runs of real rollouts, recorded by test/replay/record.ts. Today's workflow code has to make the same decisions, or
 * rollouts that are under way would break when Sluice is upgraded.
 */
describe('replay of stored histories', () => {
  let workflowBundle: WorkflowBundleWithSourceMap;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    workflowBundle = await bundleWorkflowCode({ ...WORKFLOW_CODE, logger: new DefaultLogger('ERROR') });
  }, 300_000);

  const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

  it('has histories to replay', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', async (file) => {
    const history: unknown = JSON.parse(readFileSync(join(HISTORIES, file), 'utf8'));
    await Worker.runReplayHistory({ workflowBundle }, history, 'federatedingress/default/shop');
  });
});
