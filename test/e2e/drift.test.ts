import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/workflows/status.ts';
import { clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, type DocumentOptions, V1_EAST, V2_WEST } from '../support/documents.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

const user = new User('east');
const SERVICE = '.spec.rules[0].http.paths[0].backend.service.name';
const LABEL = 'app.kubernetes.io/managed-by';
/** How often a leaf is taken back before it is left alone. */
const TAKEN_BACK = 5;
const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

interface Ingress {
  readonly spec: { readonly rules: readonly { readonly http: { readonly paths: readonly object[] } }[] };
}

describe('leaves that somebody changes with kubectl', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'drift', ports: { api: 18_144, dns: 15_344 } });
  });
  afterAll(async () => {
    await clearAndStop(sluice);
    // Without its label one would have been left alone.
    await user.remove('ingress', 'taken-back', 'held', 'accepted', 'contested');
  });

  async function apply(name: string, options: Partial<DocumentOptions> = {}): Promise<void> {
    const document = aFederatedIngress({ name, host: sluice.host(name), backends: [V1_EAST], ...options });
    await sluice.http.apply(document, {});
  }

  const untilReady = (name: string) => sluice.untilStatus(name, 'Ready', ({ state }) => state === 'Ready');
  const serviceOf = (name: string) => user.field('ingress', name, SERVICE);

  /** As `kubectl edit` changes one field to another Service that works as well; the rest of the list is as it was. */
  async function edit(name: string, service: 'shop' | 'shop-v2', manager?: string): Promise<void> {
    const found = (await user.get('ingress', name)) as unknown as Ingress; // the kind that was asked for
    const [rule, ...others] = found.spec.rules;
    const backend = { service: { name: service, port: { number: service === 'shop' ? 8_001 : 8_002 } } };
    const changed = { ...rule, http: { paths: rule?.http.paths.map((one) => ({ ...one, backend })) } };
    await user.edit('ingress', name, { spec: { rules: [changed, ...others] } }, manager);
  }

  async function untilServed(name: string, service: string): Promise<void> {
    await until(async () => ((await serviceOf(name)) === service ? true : undefined), {
      what: `${service} in ${name}`,
    });
  }

  const actions = ({ history }: Status) => history.map(({ action }) => action);

  async function remove(name: string): Promise<void> {
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
  }

  describe('with drift: takeBack', () => {
    const name = 'taken-back';

    it('are put back, and the status shows who did what', async () => {
      await apply(name, { drift: 'takeBack' });
      await untilReady(name);
      await edit(name, 'shop-v2');
      const began = performance.now();
      await untilServed(name, 'shop');
      console.info(`a changed field was put back after ${Math.round(performance.now() - began)} ms`);
      const { history, backends } = await sluice.untilStatus(name, 'taken back', (status) => {
        return actions(status).includes('TakenBack');
      });
      expect(history.find(({ action }) => action === 'Drifted')?.message).toMatch(
        /Ingress default\/taken-back in east was changed by kubectl-edit: \.spec\.rules.* found shop-v2/,
      );
      expect(backends[0]?.drift).toBeUndefined();
    });

    it('are made again when they are removed', async () => {
      const before = await user.field('ingress', name, '.metadata.uid');
      await user.remove('ingress', name);
      const uid = await until(
        async () => {
          const found = await user.field('ingress', name, '.metadata.uid');
          return found !== '' && found !== before ? found : undefined;
        },
        { what: 'another Ingress' },
      );
      expect(uid).not.toBe(before);
      await untilReady(name);
      const { history } = await sluice.untilStatus(name, 'taken back twice', (status) => {
        return actions(status).filter((action) => action === 'TakenBack').length === 2;
      });
      expect(history.some(({ message }) => message.endsWith('in east was removed'))).toBe(true);
    });

    // Without its label an object is not ours: neither written nor removed, until somebody gives the label back.
    it('are left alone without the label, which is shown, and are ours again with it', async () => {
      await user.kubectl(['label', 'ingress', name, `${LABEL}-`]);
      const version = await user.field('ingress', name, '.metadata.resourceVersion');
      const { history } = await sluice.untilStatus(name, 'the label is missed', (status) => {
        return status.backends[0]?.reason === 'NotLabelled' && actions(status).includes('DriftContested');
      });
      expect(history.at(-1)?.message).toMatch(/its label app.kubernetes.io\/managed-by=sluice was taken away/);
      expect(await user.field('ingress', name, '.metadata.resourceVersion')).toBe(version);
      await user.kubectl(['label', 'ingress', name, `${LABEL}=sluice`]);
      await untilReady(name);
      await remove(name);
      expect(await user.get('ingress', name)).toBeUndefined();
    });
  });

  describe('with drift: hold', () => {
    const name = 'held';

    it('stop the next step until that is undone', async () => {
      await apply(name, { drift: 'hold' });
      await untilReady(name);
      await apply(name, { drift: 'hold', backends: [V2_WEST], strategy: CANARY });
      await sluice.untilStatus(name, 'a half', ({ state }) => state === 'Paused');
      await edit(name, 'shop-v2');
      await sluice.untilStatus(name, 'drift is known', ({ backends }) => {
        return backends.some(({ drift }) => drift?.some(({ manager }) => manager === 'kubectl-edit'));
      });
      await sluice.http.steer('promote', 'default', name, {});
      const { state, message } = await sluice.untilStatus(name, 'held', (status) => {
        return status.message.startsWith('held before step');
      });
      expect(state).toBe('Paused');
      expect(message).toMatch(
        /was changed by kubectl-edit: .*wanted shop, found shop-v2, and 1 more; waiting until that is undone/,
      );
      expect(await serviceOf(name)).toBe('shop-v2');
      const { east, west } = addresses();
      const counts = await sluice.dig.count(sluice.host(name), 200);
      expect(Math.abs((counts[east] ?? 0) - 100)).toBeLessThanOrEqual(2);
      expect(Math.abs((counts[west] ?? 0) - 100)).toBeLessThanOrEqual(2);

      await edit(name, 'shop');
      const { history } = await untilReady(name);
      expect(history.map(({ action }) => action)).toContain('Undone');
      await remove(name);
    });
  });

  describe('with drift: accept', () => {
    const name = 'accepted';

    it('stay as they are, are shown as a diff, and hold up nothing', async () => {
      await apply(name, { drift: 'accept' });
      await untilReady(name);
      await edit(name, 'shop-v2');
      const { backends } = await sluice.untilStatus(name, 'shown', (status) => {
        return status.backends[0]?.drift !== undefined;
      });
      expect(backends[0]?.drift).toMatchObject([
        { path: expect.stringContaining('.service.name'), wanted: 'shop', found: 'shop-v2', manager: 'kubectl-edit' },
        { path: expect.stringContaining('.service.port.number'), wanted: '8001', found: '8002' },
      ]);
      const shown = await sluice.cli('get', name);
      expect(shown.stdout).toMatch(
        /Changed by somebody else:\s+v1 in east, drift: .*wanted shop, found shop-v2 by kubectl-edit/,
      );

      await apply(name, { drift: 'accept', backends: [V1_EAST, V2_WEST] });
      await sluice.untilStatus(name, 'Ready in both', ({ state, liveGeneration }) => {
        return state === 'Ready' && liveGeneration === 2;
      });
      expect(await serviceOf(name)).toBe('shop-v2');
      await remove(name);
    });
  });

  describe('by two writers that fight', () => {
    const name = 'contested';

    it('are left to the other one after five times, and the rollout is held', async () => {
      await apply(name, { drift: 'takeBack' });
      await untilReady(name);
      await apply(name, { drift: 'takeBack', backends: [V2_WEST], strategy: CANARY });
      await sluice.untilStatus(name, 'a half', ({ state }) => state === 'Paused');
      const stopping = new AbortController();
      const fighting = fight(name, stopping.signal);
      try {
        const { history } = await sluice.untilStatus(name, 'contested', (status) => {
          return actions(status).includes('DriftContested');
        });
        expect(history.find(({ action }) => action === 'DriftContested')?.message).toMatch(
          /was changed by another-controller: .*it was taken back 5 times in ten minutes and is left alone now/,
        );
        await untilServed(name, 'shop-v2');
      } finally {
        stopping.abort();
        await fighting;
      }
      expect(await fighting).toBe(TAKEN_BACK + 1);
      // The other writer has ended, and what it wrote last stays: no step begins on top of it.
      await sluice.http.steer('promote', 'default', name, {});
      const { conditions, message, state } = await sluice.untilStatus(name, 'held', (status) => {
        return status.message.startsWith('held before step');
      });
      expect(state).toBe('Paused');
      expect(message).toContain('left alone now');
      expect(conditions.find(({ type }) => type === 'Progressing')).toMatchObject({ reason: 'DriftContested' });
      expect(await serviceOf(name)).toBe('shop-v2');
      await edit(name, 'shop');
      await untilReady(name);
      await remove(name);
    });

    /** How often it had to. */
    async function fight(leaf: string, signal: AbortSignal): Promise<number> {
      let edits = 0;
      while (!signal.aborted) {
        if ((await serviceOf(leaf)) !== 'shop') continue;
        await edit(leaf, 'shop-v2', 'another-controller');
        edits += 1;
      }
      return edits;
    }
  });

  function addresses() {
    const playground = testPlayground();
    return { east: playground.cluster('east').address, west: playground.cluster('west').address };
  }
});
