import { afterEach, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const { cluster: _, ...ANYWHERE } = { ...V2, clusterSelector: { matchLabels: { region: 'eu' } } };

it('is of the generation of its object that was accepted last, not of one that was refused', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: { labels: { region: 'eu' } } }));
  const leaf = { kind: 'Ingress' };
  const submit = async (backend: unknown, generation: number): Promise<true> => {
    const source = { kind: 'hub', uid: 'of-the-object', generation } as const;
    await sluice.client.apply(aDocument({ leaf, backends: [backend] }), { source });
    return true;
  };
  await until(() => submit(V1, 1), { what: 'the document is applied' });
  await sluice.untilReady();
  // That it is in the way of what serves is only known once it is placed.
  await expect(submit(ANYWHERE, 2)).rejects.toThrow(/east/);
  // Conditions are written as observing this: with 2 it would be Ready with a spec that was refused.
  expect(await sluice.status()).toMatchObject({ state: 'Ready', generation: 1, source: { generation: 1 } });
  await submit(V1, 3);
  expect(await sluice.status()).toMatchObject({ state: 'Ready', generation: 1, source: { generation: 3 } });
});
