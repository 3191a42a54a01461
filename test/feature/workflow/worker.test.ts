import { Worker } from '@temporalio/worker';
import { expect, it, vi } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { ScriptedSluice } from './scripted-sluice.ts';

it('a worker that is told to stop while it starts stops in order, and lets go of its connection', async () => {
  const create = Worker.create.bind(Worker);
  const made = Promise.withResolvers<{ worker: Worker; stopped: Promise<void> }>();
  vi.spyOn(Worker, 'create').mockImplementationOnce(async (options) => {
    const worker = await create(options);
    made.resolve({ worker, stopped: sluice.stop() });
    return worker;
  });
  const sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  const { worker, stopped } = await made.promise;
  await stopped;
  expect(worker.getState()).toBe('STOPPED');
});
