import { afterEach, describe, expect, it } from 'vitest';
import type { RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { LEASE } from '../../../src/lib/kubernetes/resources.ts';
import { Networks } from '../../../src/planes/dns/limits/networks.ts';
import { GONE_MS } from '../../../src/planes/store/kubernetes/serving-judgement.ts';
import { createServingPlane } from '../../../src/planes/store/kubernetes/serving-plane.ts';
import { SETTINGS } from '../dns/support.ts';
import { DnsServers } from './dns-servers.ts';

const HOST = 'shop.example.test';
const ONE = 'one/192.0.2.1:53';
const OTHER = 'other/192.0.2.2:53';

interface LeaseFields {
  readonly renewed?: number;
  readonly zones?: string;
  readonly address?: string;
}

function lease(instance: string, { renewed = 1, zones = 'example.test', address }: LeaseFields = {}): AnyObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: instance,
      uid: instance,
      resourceVersion: '1',
      annotations: {
        'sluice.dev/instance': instance,
        'sluice.dev/zones': zones,
        ...(address !== undefined && { 'sluice.dev/address': address }),
      },
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
  const plane = createServingPlane({
    hub,
    namespace: 'sluice-system',
    except: [ONE],
    machine: 'other',
    now: () => clock.now,
  });
  return {
    clock,
    leases: (...objects: readonly AnyObject[]) => told.get(LEASE.kind)?.({ objects }),
    serve: (served: Readonly<Record<string, number>>) =>
      told.get('GlobalIngress')?.({ objects: [globalIngress(served)] }),
    observe: (revision = 7) => plane.observe(HOST, revision, new AbortController().signal),
    measure: () => plane.measure(HOST, new AbortController().signal),
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
    expect(await observe()).toEqual([{ kind: 'inForce', instance: OTHER, by: 'report' }]);
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
    const told = await observe();
    expect(told).toMatchObject([{ kind: 'unknown', reason: 'Silent' }]);
    // The same sentence, or each second would be in the history of a workflow.
    clock.now = 70_000;
    expect(await observe()).toEqual(told);
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

describe('a DNS server of a hub that says where it can be asked', () => {
  const servers = new DnsServers();
  afterEach(() => servers.stop());

  it('is asked over the wire: what it reports in the hub does not count, neither for nor against it', async () => {
    const { leases, serve, observe } = scene();
    const { address, publish } = await servers.start({ revision: 6 });
    leases(lease(OTHER, { address }));
    serve({ [OTHER]: 7 });
    expect(await observe()).toMatchObject([
      {
        kind: 'pending',
        instance: OTHER,
        reason: 'OldRevision',
        message: expect.stringContaining(`${address} serves revision 6`),
      },
    ]);
    publish(7);
    serve({});
    expect(await observe()).toEqual([{ kind: 'inForce', instance: OTHER }]);
  });

  it('that reports a revision and does not answer is unknown, and both are named', async () => {
    const { leases, serve, observe } = scene();
    const { address, stop } = await servers.start();
    await stop();
    leases(lease(OTHER, { address }));
    serve({ [OTHER]: 7 });
    const [observed] = await observe();
    expect(observed).toMatchObject({ kind: 'unknown', instance: OTHER, reason: 'NoAnswer' });
    const message = `DNS server ${OTHER} reports revision 7 of ${HOST} in the hub, but cannot be asked at its dns.advertise: DNS server ${address} does not tell`;
    expect(observed).toMatchObject({ message: expect.stringContaining(message) });
    serve({});
    expect(await observe()).toMatchObject([{ message: expect.stringContaining('reports no revision') }]);
  });

  it('that does not let this machine ask is unknown, and the message has the setting', async () => {
    const { leases, serve, observe, measure } = scene();
    const trusted = Networks.parse(['192.0.2.0/24']);
    const { address } = await servers.start({ settings: { ...SETTINGS, trusted } });
    leases(lease(OTHER, { address }));
    serve({ [OTHER]: 7 });
    expect(await observe()).toMatchObject([
      { kind: 'unknown', reason: 'NoRevision', message: expect.stringMatching(/revision 7 .* REFUSED .*dns\.trusted/) },
    ]);
    expect(await measure()).toEqual({});
  });

  it('is measured there, beside others that cannot be', async () => {
    const { leases, measure } = scene();
    const { address, ask } = await servers.start();
    leases(lease('plain/192.0.2.3:53'), lease(OTHER, { address }));
    expect(Object.values(await measure())).toEqual([{ east: 0, west: 0 }]);
    await ask(10);
    const measured = await measure();
    expect(Object.keys(measured)).toEqual([expect.stringMatching(`^${address}#`)]);
    expect(Object.values(measured)).toEqual([{ east: 9, west: 1 }]);
  });

  it('holds a change up while it is silent in the hub, and its answer is in the message; what it serves is in force', async () => {
    const { clock, leases, observe } = scene();
    const { address, publish } = await servers.start({ revision: 6 });
    leases(lease(OTHER, { address }));
    clock.now = 40_000;
    expect(await observe()).toMatchObject([
      {
        kind: 'unknown',
        reason: 'Silent',
        message: expect.stringContaining(`as before (DNS server ${address} serves revision 6`),
      },
    ]);
    publish(7);
    expect(await observe()).toEqual([{ kind: 'inForce', instance: OTHER }]);
  });

  it('does not vouch for another one with the same address, unless that one is silent: then it has followed it', async () => {
    const { clock, leases, observe, measure } = scene();
    const { address } = await servers.start();
    const successor = 'other/192.0.2.4:53';
    leases(lease(OTHER, { address }), lease(successor, { address }));
    expect(await observe()).toMatchObject([
      { kind: 'unknown', instance: OTHER, reason: 'SameAddress', message: expect.stringContaining(successor) },
      { kind: 'unknown', instance: successor, reason: 'SameAddress', message: expect.stringContaining(OTHER) },
    ]);
    expect(await measure()).toEqual({});
    clock.now = 40_000;
    leases(lease(OTHER, { address }), lease(successor, { address, renewed: 2 }));
    expect(await observe()).toEqual([
      { kind: 'inForce', instance: OTHER },
      { kind: 'inForce', instance: successor },
    ]);
    expect(Object.values(await measure())).toHaveLength(1);
  });

  it('on another machine is not asked at a loopback address: a server of this machine would answer for it', async () => {
    const { leases, serve, observe, measure } = scene();
    const { address } = await servers.start();
    leases(lease('far/192.0.2.2:53', { address }));
    serve({ 'far/192.0.2.2:53': 7 });
    expect(await observe()).toMatchObject([
      { kind: 'unknown', reason: 'Loopback', message: expect.stringContaining(`${address} is a loopback address`) },
    ]);
    expect(await measure()).toEqual({});
  });

  it.each(['192.0.2.1', 'dns.example.test:53', '192.0.2.1:0', ''])(
    'but says "%s" cannot be asked, and is believed by its own report',
    async (address) => {
      const { leases, serve, observe } = scene();
      leases(lease(OTHER, { address }));
      serve({ [OTHER]: 7 });
      expect(await observe()).toEqual([{ kind: 'inForce', instance: OTHER, by: 'report' }]);
    },
  );
});
