import { afterEach, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1 } from './scripted-sluice.ts';

let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

it('is not deaf after a rollout of less than a second: Temporal keeps no run waiting', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  const document = aDocument({ backends: [V1] });
  await sluice.apply(document);
  await sluice.untilReady();
  // The worker is warm now, and the second life begins quickly.
  await sluice.client.steer('delete', 'default', 'shop', {});
  await sluice.untilDeleted();
  await sluice.apply(document);
  const backoffs = await until(
    async () => {
      const all = await sluice.backoffs();
      return all.length > 1 ? all : undefined;
    },
    { what: 'the run after the rollout' },
  );
  expect(backoffs).toEqual([0, 0]);
});
