import { Worker } from '@temporalio/worker';
import { afterEach, expect, it, vi } from 'vitest';
import { UnwatchedWorker } from '../../../src/worker/unwatched-worker.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

afterEach(() => void vi.restoreAllMocks());

it('a worker that is told to stop while it starts stops in order, and lets go of its connection', async () => {
  const create = UnwatchedWorker.create.bind(UnwatchedWorker);
  const made = Promise.withResolvers<{ worker: Worker; stopped: Promise<void> }>();
  vi.spyOn(UnwatchedWorker, 'create').mockImplementationOnce(async (options) => {
    const worker = await create(options);
    made.resolve({ worker, stopped: sluice.stop() });
    return worker;
  });
  const sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  const { worker, stopped } = await made.promise;
  await stopped;
  expect(worker.getState()).toBe('STOPPED');
});

/** Each is most of what a workflow task would cost: docs/decisions/0015. */
it('spends nothing on a limit for calls into the sandbox, on stacks of promises, and on statuses that are out of date', async () => {
  const creators = vi.spyOn(Worker as unknown as { createWorkflowCreator(): void }, 'createWorkflowCreator');
  const sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  try {
    await sluice.apply(aDocument({ backends: [V1] }));
    await sluice.untilReady();
    await sluice.apply(
      aDocument({ backends: [V2], strategy: { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } } }),
    );
    await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
    expect(creators.mock.calls).toMatchObject([[{}, { isolateExecutionTimeoutMs: undefined }, {}]]);
    const handle = sluice.temporal.workflow.getHandle('federatedingress/default/shop');
    expect(await handle.query('__stack_trace')).toBe('');
    const tasks = (await sluice.histories()).flat().filter((event) => event.workflowTaskCompletedEventAttributes);
    expect(sluice.told.length).toBeGreaterThan(5);
    // A few have a second part: what was waited for has come in the first. With each change told it would be twice as many.
    expect(sluice.told.length).toBeLessThan(tasks.length * 1.5);
  } finally {
    await sluice.stop();
  }
});

it('is sent so many Updates at one time as it takes up before others would be given them', async () => {
  const sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  try {
    await sluice.apply(aDocument({ backends: [V1] }));
    await sluice.untilReady();
    const { workflow } = sluice.temporal;
    const getHandle = workflow.getHandle.bind(workflow);
    let underWay = 0;
    let most = 0;
    vi.spyOn(workflow, 'getHandle').mockImplementation((...args) => {
      const handle = getHandle(...args);
      const executeUpdate = handle.executeUpdate.bind(handle);
      return Object.assign(handle, {
        executeUpdate: async (...update: Parameters<typeof executeUpdate>) => {
          underWay += 1;
          most = Math.max(most, underWay);
          return await executeUpdate(...update).finally(() => {
            underWay -= 1;
          });
        },
      });
    });
    const updates = Array.from({ length: 100 }, () => sluice.client.steer('pause', 'default', 'shop', {}));
    const refused = await Promise.all(updates.map((update) => update.catch(String)));
    expect(refused).toEqual(refused.map(() => expect.stringContaining('no rollout is under way')));
    expect(most).toBe(64);
    // Documents that wait are not in the way of who steers.
    const { promise, resolve } = Promise.withResolvers<never>();
    vi.spyOn(workflow, 'executeUpdateWithStart').mockReturnValue(promise);
    const documents = Array.from({ length: 100 }, () => sluice.client.apply(aDocument({ backends: [V1] }), {}));
    await expect(sluice.client.steer('pause', 'default', 'shop', {})).rejects.toThrow('no rollout is under way');
    resolve(undefined as never);
    await Promise.all(documents);
  } finally {
    await sluice.stop();
  }
});
