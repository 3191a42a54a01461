import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { TestCluster } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

describe('every example file can be applied', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    const cluster = ({ name }: TestCluster) => ({ labels: { region: name === 'north' ? 'us' : 'eu' } });
    sluice = await TestSluice.start({ name: 'example', ports: { api: 18_109, dns: 15_309 }, cluster });
  });
  afterAll(async () => {
    await sluice.removeAndStop(...applied);
  });

  const applied = new Set<string>();

  // In the order in which a user would come to them; one that is not named here comes last.
  const order = ['shop.yaml', 'shop-canary.yaml', 'shop-blue-green.yaml'];
  const rank = (file: string): number => (order.includes(file) ? order.indexOf(file) : order.length);
  const files = readdirSync(EXAMPLES).toSorted((a, b) => rank(a) - rank(b));

  it.each(files)('%s', async (file) => {
    const document: { readonly metadata: { readonly name: string } } = parse(
      readFileSync(join(EXAMPLES, file), 'utf8'),
    );
    const { name } = document.metadata;
    applied.add(name);
    const { generation } = await sluice.http.apply(document, {});
    const { rollout } = await sluice.untilStatus(name, 'begun', (status) => status.rollout?.generation === generation);
    if (rollout?.outcome === undefined) await sluice.http.steer('promote', 'default', name, { full: true });
    const status = await sluice.untilStatus(
      name,
      'Ready',
      ({ state, liveGeneration }) => state === 'Ready' && liveGeneration === generation,
    );
    expect(status.backends.every(({ wantedShare, shareInForce }) => wantedShare === shareInForce)).toBe(true);
  });
});
