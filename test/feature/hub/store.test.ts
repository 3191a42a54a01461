import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { at, listAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import { deleteObject, getObject, mergeObject } from '../../../src/lib/kubernetes/requests.ts';
import { GLOBAL_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { openKubernetesStore } from '../../../src/planes/store/kubernetes/kubernetes-store.ts';
import { createServingReporter } from '../../../src/planes/store/kubernetes/serving-reporter.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { ALICE, BOB, describeStore, stateOf } from '../../unit/store/contract.ts';
import { installInHub, type OpenHub, openHub, SILENT, uniqueName } from './open-hub.ts';

const SOON = { timeout: 60_000, interval: 10 };
const NEVER = new AbortController().signal;

let one: OpenHub;
let other: OpenHub;
let admin: OpenHub;

beforeAll(async () => {
  await installInHub();
  [one, other, admin] = [openHub(), openHub(), openHub(testPlayground().hub.adminKubeconfig)];
});

afterAll(() => {
  for (const opened of [one, other, admin]) opened.close();
});

const hosts: string[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) await remove(host);
});

function uniqueHost(): string {
  const host = `${uniqueName('shop')}.example.test`;
  hosts.push(host);
  return host;
}

const refOf = (host: string) => ({ resource: GLOBAL_INGRESS, name: host });

async function remove(host: string): Promise<void> {
  const found = await getObject(admin.hub, refOf(host), { signal: NEVER });
  if (found !== undefined) await deleteObject(admin.hub, refOf(host), { uid: found.metadata.uid, signal: NEVER });
}

describeStore('a hub', async () => {
  const host = uniqueHost();
  const secondHost = `api-${host}`;
  return {
    store: openKubernetesStore(one),
    other: openKubernetesStore(other),
    host,
    secondHost,
    lose: () => remove(host),
    close: async () => {
      await remove(host);
      await remove(secondHost);
    },
  };
});

/** What a watch of the store tells of one hostname. */
function follow(opened: OpenHub, host: string, known: readonly GlobalIngress[] = []) {
  const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
  const onError = vi.fn<(error: Error) => void>();
  const stop = openKubernetesStore(opened).watch(onChange, onError, known);
  /** Of this hostname or of the hub; other tests may have left something that cannot be read. */
  const errors = () => {
    const all = onError.mock.calls.map(([error]) => error);
    return all
      .filter(({ name, message }) => name === 'KubernetesError' || message.includes(host))
      .map(({ message }) => message);
  };
  const mine = () => onChange.mock.lastCall?.[0].find((state) => state.host === host);
  const becomes = (wanted: GlobalIngress | undefined) => vi.waitFor(() => expect(mine()).toEqual(wanted), SOON);
  return { errors, stop, becomes };
}

describe('a GlobalIngress of the hub', () => {
  it('is what kubectl users can read, and stays without an owner when its hostname is released', async () => {
    const host = uniqueHost();
    const store = openKubernetesStore(one);
    await store.claim(host, ALICE, 5);
    await store.put(stateOf(host, 2));
    const get = async (...args: string[]) => {
      const { stdout } = await kubectl(['get', 'globalingress', host, ...args], testPlayground().hub);
      return stdout;
    };
    expect(JSON.parse(await get('-o', 'json'))).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'sluice', 'sluice.dev/owner-name': 'alice' },
        annotations: { 'sluice.dev/owner': 'default/alice' },
      },
      spec: {
        host,
        owner: ALICE,
        revision: 2,
        ttlSeconds: 5,
        routing: { kind: 'weighted', draw: { kind: 'stratified' } },
        tls: false,
        targets: [{ cluster: 'east', share: 10_000, addresses: ['127.0.0.11'], hostnames: [] }],
      },
    });
    await store.release(host, ALICE);
    const { metadata, spec } = JSON.parse(await get('-o', 'json'));
    expect(metadata.labels).toMatchObject({ 'sluice.dev/released': 'true' });
    expect(spec).toEqual({
      host,
      revision: 3,
      ttlSeconds: 0,
      routing: { kind: 'weighted', draw: { kind: 'stratified' } },
      tls: false,
      targets: [],
    });
    await store.claim(host, BOB, 5);
    expect(JSON.parse(await get('-o', 'json')).metadata.labels).not.toHaveProperty(['sluice.dev/released']);
  });

  it('keeps labels of others, and what instances report of it, over a change of the state', async () => {
    const host = uniqueHost();
    const store = openKubernetesStore(one);
    await store.claim(host, ALICE, 5);
    const patch = { metadata: { labels: { team: 'shop' } } };
    await mergeObject(admin.hub, refOf(host), { patch, signal: NEVER });
    const status = { instances: [{ name: 'dns-1', revision: 1 }] };
    await mergeObject(admin.hub, refOf(host), { patch: { status }, subresource: 'status', signal: NEVER });
    await store.put(stateOf(host, 2));
    expect(await getObject(admin.hub, refOf(host), { signal: NEVER })).toMatchObject({
      metadata: { labels: { team: 'shop' } },
      spec: { revision: 2 },
      status,
    });
  });

  it.each([
    ['lost the label of Sluice', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } }, 'did not make it'],
    ['has an address that is none', { spec: { targets: [{ cluster: 'e', share: 1, addresses: ['x'] }] } }, 'not valid'],
    ['speaks of another hostname', { spec: { host: 'x.example.test' } }, 'speaks of another hostname'],
  ])(
    'that %s is an error, never an unclaimed hostname, and what was read before stays',
    async (_what, patch, message) => {
      const host = uniqueHost();
      const store = openKubernetesStore(one);
      await store.claim(host, ALICE, 5);
      await store.put(stateOf(host, 2));
      const { becomes, errors, stop } = follow(one, host);
      await becomes(stateOf(host, 2));
      await mergeObject(admin.hub, refOf(host), { patch, signal: NEVER });
      await vi.waitFor(() => expect(errors().at(-1)).toContain(message), SOON);
      expect(errors().at(-1)).toMatch(/what was read before is kept$/);
      await becomes(stateOf(host, 2));
      await expect(store.claim(host, BOB, 5)).rejects.toThrow(message);
      await expect(store.get(host)).rejects.toThrow(message);
      stop();
      await remove(host);
    },
  );
});

describe('a watch of the store', () => {
  it('keeps the last state while the hub is away, says so once, and hears of changes when it is back', async () => {
    const host = uniqueHost();
    const store = openKubernetesStore(one);
    await store.claim(host, ALICE, 5);
    const proxy = await FaultProxy.start(testPlayground().hub);
    const away = openHub(proxy.kubeconfig);
    const { becomes, errors, stop } = follow(away, host);
    await becomes(stateOf(host, 1, { targets: [] }));
    await proxy.become({ kind: 'closed' });
    await vi.waitFor(() => expect(errors()).toHaveLength(1), SOON);
    await store.put(stateOf(host, 2));
    await proxy.become({ kind: 'pass' });
    await becomes(stateOf(host, 2));
    expect(errors()).toHaveLength(1);
    stop();
    away.close();
    await proxy.stop();
  });
});

describe('a serving reporter', () => {
  const reports = (host: string, wanted: Readonly<Record<string, number>>) =>
    vi.waitFor(async () => {
      const found = listAt(await getObject(admin.hub, refOf(host), { signal: NEVER }), 'status', 'instances');
      expect(Object.fromEntries(found.map((entry) => [textAt(entry, 'name'), at(entry, 'revision')]))).toEqual(wanted);
    }, SOON);

  it('keeps an entry of its own beside those of others, and takes it away when nothing is served', async () => {
    const host = uniqueHost();
    const store = openKubernetesStore(one);
    const reporters = ['dns-1/127.0.0.1:53', 'dns-2/127.0.0.2:53'].map((instance) =>
      createServingReporter({ hub: one.hub, instance, log: SILENT }),
    );
    const [first, second] = reporters;
    // Told before the hub has the object: it is said when it has.
    first?.served(host, 1);
    await store.claim(host, ALICE, 5);
    await reports(host, { 'dns-1/127.0.0.1:53': 1 });
    second?.served(host, 1);
    await store.put(stateOf(host, 2));
    first?.served(host, 2);
    await reports(host, { 'dns-1/127.0.0.1:53': 2, 'dns-2/127.0.0.2:53': 1 });
    expect(await store.get(host)).toEqual(stateOf(host, 2));
    await store.release(host, ALICE);
    first?.removed(host);
    await reports(host, { 'dns-2/127.0.0.2:53': 1 });
    for (const reporter of reporters) await reporter.close();
  });

  it('tells a burst of revisions as one, and what the hub knows already not at all', async () => {
    const host = uniqueHost();
    await openKubernetesStore(one).claim(host, ALICE, 5);
    const version = async () => (await getObject(admin.hub, refOf(host), { signal: NEVER }))?.metadata.resourceVersion;
    const proxy = await FaultProxy.start(testPlayground().hub);
    const counted = openHub(proxy.kubeconfig);
    const reporter = createServingReporter({ hub: counted.hub, instance: 'dns-1', log: SILENT });
    for (let revision = 1; revision <= 50; revision += 1) reporter.served(host, revision);
    await reports(host, { 'dns-1': 50 });
    await reporter.close();
    const before = await version();
    // As after a restart: it has to find out what the hub knows.
    const restarted = openHub(proxy.kubeconfig);
    const next = createServingReporter({ hub: restarted.hub, instance: 'dns-1', log: SILENT });
    const asked = proxy.requests;
    next.served(host, 50);
    const marker = uniqueHost();
    await openKubernetesStore(one).claim(marker, ALICE, 5);
    next.served(marker, 1);
    await reports(marker, { 'dns-1': 1 });
    expect(await version()).toBe(before);
    // A list, a watch, and the report of the other hostname.
    expect(proxy.requests - asked).toBeLessThanOrEqual(3);
    await next.close();
    restarted.close();
    counted.close();
    await proxy.stop();
  });

  it('tells what is served when the hub is back', async () => {
    const host = uniqueHost();
    await openKubernetesStore(one).claim(host, ALICE, 5);
    const proxy = await FaultProxy.start(testPlayground().hub);
    const away = openHub(proxy.kubeconfig);
    const reporter = createServingReporter({ hub: away.hub, instance: 'dns-1', log: SILENT });
    reporter.served(host, 1);
    await reports(host, { 'dns-1': 1 });
    await proxy.become({ kind: 'internalError' });
    reporter.served(host, 2);
    await proxy.become({ kind: 'pass' });
    await reports(host, { 'dns-1': 2 });
    await reporter.close();
    away.close();
    await proxy.stop();
  });
});
