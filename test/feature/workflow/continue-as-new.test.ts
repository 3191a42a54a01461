import { afterEach, expect, it } from 'vitest';
import type { Status } from '../../../src/workflows/status.ts';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

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

const SOAK = [{ setWeight: 10 }, { pause: { duration: '1h' } }];

it.each([
  {
    what: 'a soak',
    steps: SOAK,
    unready: [],
    isThere: ({ rollout }: Status) => rollout?.steps[3]?.until !== undefined,
  },
  { what: 'a wait for readiness', steps: SOAK, unready: ['v2'], isThere: ({ rollout }: Status) => rollout?.step === 1 },
  {
    what: 'a pause until promoted',
    steps: [{ setWeight: 10 }, { pause: {} }],
    unready: [],
    isThere: ({ state }: Status) => state === 'Paused',
  },
])('loses nothing of $what when it goes on in another run', async ({ steps, unready, isThere }) => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  sluice.clusters.unready('east', ...unready);
  await sluice.apply(aDocument({ backends: [V2], strategy: { canary: { steps, readyTimeout: '1h' } } }));
  const before = await sluice.untilStatus('there', isThere);
  await sluice.lengthenHistory();
  const after = await sluice.untilStatus('there again', isThere);
  expect(withoutEnds(after)).toMatchObject(withoutEnds(before));
  expect(after.revision).toBe(before.revision);
  sluice.clusters.unready('east');
  await sluice.client.steer('promote', 'default', 'shop', { full: true });
  await sluice.untilReady(2);
  expect(sluice.clusters.split('east')).toEqual({ v2: 10_000 });
});

/** The rollout without what is expected, which goes on with the clock. */
function withoutEnds({ rollout }: Status): object {
  const { expectedEnd: _whole, steps = [], ...rest } = rollout ?? {};
  return { ...rest, steps: steps.map(({ expectedEnd: _end, ...step }) => step) };
}
