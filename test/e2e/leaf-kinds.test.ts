import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clear, clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, V1_EAST, V2_EAST, V2_WEST } from '../support/documents.ts';
import { OpenShiftRouter } from '../support/openshift-router.ts';
import { otherAddress } from '../support/other-address.ts';
import { type TestCluster, testPlayground } from '../support/playground.ts';
import { TestSluice, usualGateway } from '../support/sluice.ts';
import { countThrough, sigmas, untilAllThrough } from '../support/through.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

const ROUTES = 'routes.route.openshift.io';
const REQUESTS = 2_000;
const east = testPlayground().cluster('east');
const user = new User('east');
const routerAddress = otherAddress(east, 7);

/** The class `public` of specs is another one in each cluster; `west` has none of that name. */
function settings(cluster: TestCluster): Readonly<Record<string, unknown>> {
  const classes = { ingress: { public: 'contour' }, gateway: { public: 'contour' } };
  const { cidrs, ...gateway } = usualGateway(cluster);
  return {
    gateway: { ...gateway, cidrs: [...cidrs, `${routerAddress}/32`] },
    ...(cluster.name === 'west' ? {} : { classes }),
  };
}

describe('leaves of each kind', () => {
  let sluice: TestSluice;
  const host = () => sluice.host('shop');

  beforeAll(async () => {
    const { route } = testPlayground().definitions;
    await user.kubectl(['apply', '-f', '-'], readFileSync(route, 'utf8'));
    await until(() => user.kubectl(['get', ROUTES]).then(() => true), { what: 'Routes are served' });
    const ports = { api: 18_142, dns: 15_342 };
    sluice = await TestSluice.start({ name: 'leaf-kinds', ports, cluster: settings });
  });
  afterEach(() => clear(sluice));
  afterAll(async () => {
    await clearAndStop(sluice);
    await user.remove('crd', ROUTES);
  });

  function apply(name: string, leaf: unknown, { backends = [V1_EAST], strategy }: Partial<Spec> = {}) {
    const document = aFederatedIngress({ name, host: host(), leaf, backends, strategy });
    return sluice.http.apply(document, {});
  }

  function untilReady(name: string) {
    return sluice.untilStatus(name, 'Ready', ({ state, generation, liveGeneration }) => {
      return state === 'Ready' && generation === liveGeneration;
    });
  }

  async function remove(name: string): Promise<void> {
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
  }

  describe('a class that is mapped per cluster', () => {
    it('is another one in the leaf than in the spec, where the cluster says so', async () => {
      await apply('classes', { kind: 'Ingress', className: 'public' }, { backends: [V1_EAST, V2_WEST] });
      const written = (cluster: string) => new User(cluster).field('ingress', 'classes', '.spec.ingressClassName');
      const both = async () => [await written('east'), await written('west')];
      await until(async () => ((await both()).every((name) => name !== '') ? true : undefined), {
        what: 'both leaves',
      });
      expect(await both()).toEqual(['contour', 'public']);
      const { backends } = await sluice.untilStatus('classes', 'east is ready', (status) => {
        return status.backends[0]?.readiness === 'Ready';
      });
      // Nobody serves the class `public` in west.
      expect(backends[1]).toMatchObject({ cluster: 'west', readiness: 'NotReady' });
      await remove('classes');
    });
  });

  describe('an HTTPRoute with a Gateway of its own', () => {
    afterEach(() => east.stopGateway());

    it('is served by the class that the cluster has for it, and goes with its Gateway', async () => {
      await east.startGateway({ namespace: 'default', name: 'own' });
      await apply('own', { kind: 'HTTPRoute', className: 'public' });
      const { backends } = await untilReady('own');
      expect(backends).toMatchObject([{ addresses: [east.ownGatewayAddress] }]);
      expect(await user.field('gateway', 'own', '.spec.gatewayClassName')).toBe('contour');
      expect(await user.field('httproute', 'own', '.spec.parentRefs[*].name')).toBe('own');

      expect((await sluice.dig.ask(host())).values).toEqual([east.ownGatewayAddress]);
      const through = { address: east.ownGatewayAddress, port: east.httpPort, host: host() };
      await untilAllThrough(through, 50, 'v1 east');

      await remove('own');
      expect(await user.get('httproute', 'own')).toBeUndefined();
      expect(await user.get('gateway', 'own')).toBeUndefined();
    });
  });

  describe('an OpenShift Route', () => {
    let router: OpenShiftRouter | undefined;
    const both = [V1_EAST, { ...V2_EAST, weight: 0 }];
    const through = (name = host()) => ({ address: routerAddress, port: east.httpPort, host: name });
    afterEach(() => router?.stop());

    it('is ready when a router admits it, and splits by alternateBackends', async () => {
      await apply('route', { kind: 'Route' });
      const waiting = await sluice.untilStatus('route', 'not observed', ({ backends }) => {
        return backends[0]?.reason === 'RouteNotObserved';
      });
      expect(waiting.message).toContain('waits for a router');
      expect((await sluice.dig.ask(host())).values).toEqual([]);

      router = await OpenShiftRouter.start(east, routerAddress);
      await untilReady('route');
      expect((await sluice.dig.ask(host())).values).toEqual([routerAddress]);

      const strategy = { canary: { steps: [{ pause: {} }, { setWeight: 25 }, { pause: {} }] } };
      await apply('route', { kind: 'Route' }, { backends: [{ ...V2_EAST, weight: 100 }], strategy });
      await sluice.untilStatus('route', 'before the first share', ({ state }) => state === 'Paused');
      await untilAllThrough(through(), 100, 'v1 east');
      await untilAllThrough(through(`v2.east.${host()}`), 100, 'v2 east');

      await sluice.http.steer('promote', 'default', 'route', {});
      await sluice.untilStatus('route', 'a quarter', ({ state, rollout }) => {
        return state === 'Paused' && rollout?.steps[rollout.step - 1]?.step.kind === 'setWeight';
      });
      const spec = (await user.get(ROUTES, 'route'))?.['spec'];
      expect(spec).toMatchObject({
        to: { name: 'shop', weight: 3 },
        alternateBackends: [{ name: 'shop-v2', weight: 1 }],
      });
      const split = async () => ((await countThrough(through(), 50))['v2 east'] ?? 0) > 0 || undefined;
      await until(split, { what: 'the router has taken it up' });
      const found = (await countThrough(through(), REQUESTS))['v2 east'] ?? 0;
      console.info(`${REQUESTS} requests at 25 %: v2 ${found}`);
      expect(sigmas(found, { of: REQUESTS, share: 0.25 })).toBeLessThanOrEqual(4);

      await sluice.http.steer('promote', 'default', 'route', {});
      await untilReady('route');
      expect((await user.get(ROUTES, 'route'))?.['spec']).toMatchObject({ to: { name: 'shop-v2' } });
      expect(await user.list(ROUTES, '{{.metadata.name}}')).toEqual(['route', 'route-cluster']);
      await remove('route');
      expect(await user.list(ROUTES, '{{.metadata.name}}')).toEqual([]);
    });

    it('keeps one at share 0 within reach', async () => {
      router = await OpenShiftRouter.start(east, routerAddress);
      await apply('kept', { kind: 'Route' }, { backends: both });
      await untilReady('kept');
      // The few requests below do not tell a weight of 1 from none.
      expect((await user.get(ROUTES, 'kept'))?.['spec']).toMatchObject({
        to: { name: 'shop' },
        alternateBackends: [{ name: 'shop-v2', weight: 0 }],
      });
      await untilAllThrough(through(`v2.east.${host()}`), 20, 'v2 east');
      await untilAllThrough(through(), 20, 'v1 east');
      await remove('kept');
    });
  });
});

type Spec = Pick<Parameters<typeof aFederatedIngress>[0], 'backends' | 'strategy'>;
