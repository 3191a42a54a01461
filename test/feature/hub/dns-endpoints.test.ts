import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DNS_ENDPOINT } from '../../../src/hub/dns-endpoints/object.ts';
import { runDnsEndpoints } from '../../../src/hub/dns-endpoints.ts';
import { conditionAt, listAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { createObject, deleteObject, getObject, mergeObject } from '../../../src/lib/kubernetes/requests.ts';
import { GLOBAL_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { openKubernetesStore } from '../../../src/planes/store/kubernetes/kubernetes-store.ts';
import type { GlobalIngressStore } from '../../../src/planes/store/store.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { ALICE, BOB, stateOf } from '../../unit/store/contract.ts';
import { installInHub, type OpenHub, openHub, SILENT, uniqueName } from './open-hub.ts';

const SOON = { timeout: 60_000, interval: 20 };
const NEVER = new AbortController().signal;
const SETTINGS = { namespace: 'sluice-system', labels: { zone: 'example' } };

let admin: OpenHub;
let sluice: OpenHub;
let store: GlobalIngressStore;

beforeAll(async () => {
  await installInHub();
  const { hub, definitions } = testPlayground();
  await kubectl(['apply', '--server-side', '-f', definitions.dnsEndpoint], { kubeconfig: hub.adminKubeconfig });
  const wait = ['wait', '--for=condition=Established', '--timeout=20s', 'crd/dnsendpoints.externaldns.k8s.io'];
  await kubectl(wait, { kubeconfig: hub.adminKubeconfig });
  [admin, sluice] = [openHub(hub.adminKubeconfig), openHub()];
  store = openKubernetesStore(sluice);
});

afterAll(() => {
  admin.close();
  sluice.close();
});

let host: string;
let ending: AbortController;
let running: Promise<void>;

beforeEach(() => {
  host = `${uniqueName('shop')}.example.test`;
  start();
});

afterEach(() => end());

function start(): void {
  ending = new AbortController();
  running = runDnsEndpoints({ hub: sluice.hub, settings: SETTINGS, log: SILENT }, ending.signal);
}

async function end(): Promise<void> {
  ending.abort();
  await running;
}

const endpointRef = () => ({ resource: DNS_ENDPOINT, namespace: SETTINGS.namespace, name: host });
const ingressRef = () => ({ resource: GLOBAL_INGRESS, name: host });
const found = () => getObject(admin.hub, endpointRef(), { signal: NEVER });

async function publish(revision: number, overrides: Partial<GlobalIngress> = {}): Promise<void> {
  await store.claim(host, ALICE, 5);
  expect(await store.put(stateOf(host, revision, overrides))).toEqual({ kind: 'written' });
}

const share = (cluster: string, part: number, address: string) => {
  return { cluster, share: part, addresses: [address], hostnames: [] };
};

/** Cluster and weight of each endpoint. */
function said(object: AnyObject | undefined): readonly string[] {
  return listAt(object, 'spec', 'endpoints').map((one) => {
    const { setIdentifier, targets, providerSpecific } = one as Record<string, unknown>;
    return `${String(setIdentifier)} ${String(targets)} ${String(listAt(providerSpecific).map((p) => (p as { value: string }).value))}`;
  });
}

const says = (...wanted: readonly string[]) =>
  vi.waitFor(async () => expect(said(await found())).toEqual(wanted), SOON);
const isGone = () => vi.waitFor(async () => expect(await found()).toBeUndefined(), SOON);

async function conditionBecomes(status: string, reason: string): Promise<void> {
  await vi.waitFor(async () => {
    const object = await getObject(admin.hub, ingressRef(), { signal: NEVER });
    expect(conditionAt(object, 'DNSEndpointWritten', 'status', 'conditions')).toMatchObject({ status, reason });
  }, SOON);
}

describe('a DNSEndpoint', () => {
  it('follows the shares of its hostname, and goes when that is drained or released', async () => {
    await publish(2, { targets: [share('east', 9_000, '192.0.2.1'), share('west', 1_000, '192.0.2.2')] });
    await says('east 192.0.2.1 9', 'west 192.0.2.2 1');
    expect(await found()).toMatchObject({
      metadata: {
        labels: { zone: 'example', 'app.kubernetes.io/managed-by': 'sluice' },
        annotations: { 'sluice.dev/owner': 'default/alice' },
      },
      spec: { endpoints: [{ dnsName: host, recordType: 'A', recordTTL: 5 }, {}] },
    });
    await conditionBecomes('True', 'Written');
    await publish(3, { targets: [share('east', 0, '192.0.2.1'), share('west', 10_000, '192.0.2.2')] });
    await says('east 192.0.2.1 0', 'west 192.0.2.2 1');
    await publish(4, { targets: [] });
    await isGone();
    await publish(5);
    await says('east 127.0.0.11 1');
    await store.release(host, ALICE);
    await isGone();
    await store.claim(host, BOB, 5);
    expect(await found()).toBeUndefined();
  });

  it('that somebody changes or removes is made good', async () => {
    await publish(2);
    await says('east 127.0.0.11 1');
    const patch = { metadata: { labels: { team: 'x', zone: 'y' } }, spec: { endpoints: [] } };
    await mergeObject(admin.hub, endpointRef(), { patch, signal: NEVER });
    await says('east 127.0.0.11 1');
    expect(await found()).toMatchObject({ metadata: { labels: { team: 'x', zone: 'example' } } });
    const object = await found();
    await deleteObject(admin.hub, endpointRef(), { uid: object?.metadata.uid ?? '', signal: NEVER });
    await says('east 127.0.0.11 1');
    await store.release(host, ALICE);
    await isGone();
  });

  it('of somebody else is neither written nor removed, and the GlobalIngress says so', async () => {
    const foreign = {
      apiVersion: DNS_ENDPOINT.apiVersion,
      kind: DNS_ENDPOINT.kind,
      metadata: { namespace: SETTINGS.namespace, name: host },
      spec: { endpoints: [{ dnsName: host, recordType: 'A', targets: ['198.51.100.1'] }] },
    };
    await createObject(admin.hub, endpointRef(), { manifest: foreign, signal: NEVER });
    const before = await found();
    await publish(2);
    await conditionBecomes('False', 'NameTaken');
    await store.release(host, ALICE);
    await publish(5);
    await conditionBecomes('False', 'NameTaken');
    expect((await found())?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
    await deleteObject(admin.hub, endpointRef(), { uid: before?.metadata.uid ?? '', signal: NEVER });
  });

  it('stays as it was when the hostname is routed by place, which it cannot say', async () => {
    await publish(2);
    await says('east 127.0.0.11 1');
    await publish(3, { routing: { kind: 'geo', regions: [], draw: { kind: 'stratified' } } });
    await conditionBecomes('False', 'GeoNotSupported');
    await says('east 127.0.0.11 1');
    await publish(4);
    await conditionBecomes('True', 'Written');
  });

  it('goes with a release while nobody watched, and stays when its GlobalIngress is lost', async () => {
    await publish(2);
    await says('east 127.0.0.11 1');
    await end();
    const ingress = await getObject(admin.hub, ingressRef(), { signal: NEVER });
    await deleteObject(admin.hub, ingressRef(), { uid: ingress?.metadata.uid ?? '', signal: NEVER });
    const lost = host;
    host = `${uniqueName('shop')}.example.test`;
    await publish(2);
    start();
    await says('east 127.0.0.11 1');
    await end();
    await store.release(host, ALICE);
    start();
    await isGone();
    host = lost;
    await says('east 127.0.0.11 1');
    await store.claim(host, ALICE, 5);
    await store.release(host, ALICE);
    await isGone();
  });
});
