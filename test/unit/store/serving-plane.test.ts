import { describe, expect, it } from 'vitest';
import type { RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { LEASE } from '../../../src/lib/kubernetes/resources.ts';
import { createServingPlane, GONE_MS } from '../../../src/planes/store/kubernetes/serving-plane.ts';

const HOST = 'shop.example.test';
const ONE = 'one/192.0.2.1:53';
const OTHER = 'other/192.0.2.2:53';

function lease(instance: string, { renewed = 1, zones = 'example.test' } = {}): AnyObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: instance,
      uid: instance,
      resourceVersion: '1',
      annotations: { 'sluice.dev/instance': instance, 'sluice.dev/zones': zones },
    },
    spec: { holderIdentity: 'x', renewTime: `${renewed}` },
  };
}

function globalIngress(served: Readonly<Record<string, number>>): AnyObject {
  const instances = Object.entries(served).map(([name, revision]) => ({ name, revision }));
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'GlobalIngress',
    metadata: { name: HOST, uid: HOST, resourceVersion: '1' },
    status: { instances },
  };
}

type Tell = (state: { readonly objects: readonly AnyObject[] }) => void;

/** A plane whose watches tell what the test says, and whose clock stands still until it is moved. */
function scene() {
  const told = new Map<string, Tell>();
  const watches = {
    of: ({ resource }: { resource: { kind: string } }) => ({
      followAll: (tell: Tell) => {
        told.set(resource.kind, tell);
        return () => undefined;
      },
    }),
  };
  const clock = { now: 0 };
  const hub = { watches } as unknown as RegisteredCluster; // all that the plane uses of it
  const plane = createServingPlane({ hub, namespace: 'sluice-system', except: [ONE], now: () => clock.now });
  return {
    clock,
    leases: (...objects: readonly AnyObject[]) => told.get(LEASE.kind)?.({ objects }),
    serve: (served: Readonly<Record<string, number>>) =>
      told.get('GlobalIngress')?.({ objects: [globalIngress(served)] }),
    observe: (revision = 7) => plane.observe(HOST, revision, new AbortController().signal),
  };
}

describe('the DNS servers of a hub', () => {
  it('are waited for until each has said that it serves the revision', async () => {
    const { leases, serve, observe } = scene();
    leases(lease(OTHER));
    expect(await observe()).toMatchObject([{ kind: 'pending', instance: OTHER, reason: 'OldRevision' }]);
    serve({ [OTHER]: 6 });
    expect(await observe()).toMatchObject([{ kind: 'pending', message: expect.stringContaining('serves revision 6') }]);
    serve({ [OTHER]: 7 });
    expect(await observe()).toEqual([{ kind: 'inForce', instance: OTHER }]);
  });

  it('are not asked here when they are asked over the wire, or do not serve the zone', async () => {
    const { leases, observe } = scene();
    leases(lease(ONE), lease(OTHER, { zones: 'other.test' }));
    expect(await observe()).toEqual([]);
  });

  it('hold a change up while they are silent, since clients may still get the old answers, but not for ever', async () => {
    const { clock, leases, observe } = scene();
    leases(lease(OTHER));
    clock.now = 40_000;
    expect(await observe()).toMatchObject([{ kind: 'unknown', reason: 'Silent' }]);
    clock.now = GONE_MS;
    expect(await observe()).toEqual([]);
  });

  it('count from their last sign of life, by our own clock', async () => {
    const { clock, leases, observe } = scene();
    leases(lease(OTHER));
    clock.now = 200_000;
    leases(lease(OTHER, { renewed: 2 }));
    clock.now = 229_999;
    expect(await observe()).toMatchObject([{ kind: 'pending' }]);
    leases(lease(OTHER, { renewed: 2 }));
    clock.now = 230_000;
    expect(await observe()).toMatchObject([{ kind: 'unknown' }]);
  });

  it('are forgotten when their Lease is removed', async () => {
    const { leases, observe } = scene();
    leases(lease(OTHER));
    leases();
    expect(await observe()).toEqual([]);
  });
});
