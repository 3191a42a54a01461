import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearAndStop } from '../support/clear.ts';
import {
  aFederatedIngress,
  type DocumentOptions,
  HTTP_ROUTE,
  V1_EAST,
  V2_EAST,
  V2_WEST,
} from '../support/documents.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { untilAllThrough } from '../support/through.ts';
import { User } from '../support/user.ts';

const NAME_ERROR = 3;
const REQUESTS = 200;
const BLUE_GREEN = { blueGreen: { verify: { path: '/healthz', count: 5 }, hold: {} } };

describe('a preview host', () => {
  let sluice: TestSluice;
  const addressOf = (name: string) => testPlayground().cluster(name).address;

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'preview', ports: { api: 18_171, dns: 15_371 } });
  });
  afterAll(() => clearAndStop(sluice));

  const apply = (options: DocumentOptions & { readonly preview?: unknown }) =>
    sluice.http.apply(aFederatedIngress(options), {});

  const untilState = (name: string, wanted: string, generation: number) =>
    sluice.untilStatus(name, wanted, (status) => status.state === wanted && status.generation === generation);

  async function untilThrough(cluster: string, host: string, body: string): Promise<void> {
    const { address, httpPort } = testPlayground().cluster(cluster);
    await untilAllThrough({ address, port: httpPort, host }, REQUESTS, body);
  }

  const clustersOf = async (host: string) => Object.keys(await sluice.dig.count(host, 50));

  describe('of a blue/green flip between clusters', () => {
    const name = 'flip';
    const host = () => sluice.host(name);
    const preview = () => `preview.${host()}`;
    const spec = () => ({ name, host: host(), preview: {}, strategy: BLUE_GREEN });

    it('leads where the host leads when nothing is rolled out', async () => {
      await apply({ ...spec(), backends: [V1_EAST] });
      await untilState(name, 'Ready', 1);
      expect(await clustersOf(preview())).toEqual([addressOf('east')]);
      await untilThrough('east', preview(), 'v1 east');
    });

    it('leads to the new side before the flip, while the host leads to the old one', async () => {
      await apply({ ...spec(), backends: [V2_WEST] });
      const status = await untilState(name, 'Paused', 2);
      expect(await clustersOf(host())).toEqual([addressOf('east')]);
      expect(await clustersOf(preview())).toEqual([addressOf('west')]);
      await untilThrough('east', host(), 'v1 east');
      await untilThrough('west', preview(), 'v2 west');
      expect(status.preview).toEqual({
        host: preview(),
        backends: [{ name: 'v2', cluster: 'west', share: 10_000 }],
      });
      expect((await sluice.cli('get', name)).stdout).toContain(`${preview()} -> v2 (west) 100 %`);
    });

    it('leads back when the rollout is taken back', async () => {
      await sluice.http.steer('abort', 'default', name, { reason: 'a test' });
      await untilState(name, 'RolledBack', 2);
      expect(await clustersOf(preview())).toEqual([addressOf('east')]);
      await untilThrough('east', preview(), 'v1 east');
    });

    it('leads to the same as the host after the flip', async () => {
      await sluice.http.steer('retry', 'default', name, {});
      await untilState(name, 'Paused', 2);
      await sluice.http.steer('promote', 'default', name, {});
      await untilState(name, 'Ready', 2);
      for (const each of [host(), preview()]) {
        expect(await clustersOf(each)).toEqual([addressOf('west')]);
        await untilThrough('west', each, 'v2 west');
      }
    });

    it('is nobody else’s, neither as host nor as preview', async () => {
      const other = { name: 'other', backends: [V1_EAST] };
      const message = `the hostname ${preview()} belongs to the FederatedIngress default/${name}`;
      await expect(apply({ ...other, host: preview() })).rejects.toThrow(message);
      await expect(apply({ ...other, host: sluice.host('other'), preview: { host: preview() } })).rejects.toThrow(
        message,
      );
      // What it had claimed before it was refused is free again.
      await apply({ name: 'third', host: sluice.host('other'), backends: [V1_EAST] });
      await untilState('third', 'Ready', 1);
      await expect(
        apply({ name: 'third', host: sluice.host('other'), preview: { host: host() }, backends: [V1_EAST] }),
      ).rejects.toThrow(`the hostname ${host()} belongs to the FederatedIngress default/${name}`);
    });

    it('changes with the document, and the one before is free', async () => {
      const next = `try.${sluice.host('else')}`;
      await apply({ ...spec(), preview: { host: next }, backends: [V2_WEST] });
      await untilState(name, 'Ready', 3);
      expect(await clustersOf(next)).toEqual([addressOf('west')]);
      await untilThrough('west', next, 'v2 west');
      expect((await sluice.dig.ask(preview())).rcode).toBe(NAME_ERROR);
      await apply({ name: 'fourth', host: preview(), backends: [V1_EAST] });
      await untilState('fourth', 'Ready', 1);
    });

    it('goes with the FederatedIngress', async () => {
      await sluice.http.steer('delete', 'default', name, {});
      await sluice.untilGone(name);
      for (const each of [host(), `try.${sluice.host('else')}`]) {
        expect((await sluice.dig.ask(each)).values).toEqual([]);
      }
      expect((await sluice.dig.ask(`try.${sluice.host('else')}`)).rcode).toBe(NAME_ERROR);
    });
  });

  describe('of two Services of one cluster behind one HTTPRoute', () => {
    const name = 'both';
    const host = () => sluice.host(name);
    const preview = () => `new.${sluice.host('tests')}`;
    const spec = () => ({
      name,
      host: host(),
      preview: { host: preview() },
      leaf: HTTP_ROUTE,
      strategy: BLUE_GREEN,
    });

    it('has a route of its own that leads to the new one only', async () => {
      await apply({ ...spec(), backends: [V1_EAST] });
      await untilState(name, 'Ready', 1);
      await untilThrough('east', preview(), 'v1 east');
      await apply({ ...spec(), backends: [V2_EAST] });
      await untilState(name, 'Paused', 2);
      expect(await clustersOf(preview())).toEqual([addressOf('east')]);
      await untilThrough('east', host(), 'v1 east');
      await untilThrough('east', preview(), 'v2 east');
    });

    it('leads back to the old one when the rollout is taken back', async () => {
      await sluice.http.steer('abort', 'default', name, {});
      await untilState(name, 'RolledBack', 2);
      await untilThrough('east', preview(), 'v1 east');
    });

    it('leads to the new one as the host does after the flip, and its route goes with the FederatedIngress', async () => {
      await sluice.http.steer('retry', 'default', name, {});
      await untilState(name, 'Paused', 2);
      await sluice.http.steer('promote', 'default', name, {});
      await untilState(name, 'Ready', 2);
      await untilThrough('east', host(), 'v2 east');
      await untilThrough('east', preview(), 'v2 east');
      expect(await new User('east').get('httproute', `${name}-preview`)).toBeDefined();
      await sluice.http.steer('delete', 'default', name, {});
      await sluice.untilGone(name);
      expect(await new User('east').get('httproute', `${name}-preview`)).toBeUndefined();
      expect((await sluice.dig.ask(preview())).rcode).toBe(NAME_ERROR);
    });
  });
});
