import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatAddress } from '../../../src/lib/address.ts';
import { listAt, numberAt } from '../../../src/lib/kubernetes/fields.ts';
import { deleteObject, getObject } from '../../../src/lib/kubernetes/requests.ts';
import { GLOBAL_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import type { Observation } from '../../../src/planes/plane.ts';
import { openKubernetesStore } from '../../../src/planes/store/kubernetes/kubernetes-store.ts';
import { createServingPlane } from '../../../src/planes/store/kubernetes/serving-plane.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { testPlayground } from '../../support/playground.ts';
import { DnsScene, OWNER, SLOW } from '../../unit/dns/process-scene.ts';
import { anIngress, ZONE } from '../../unit/dns/support.ts';
import { installInHub, type OpenHub, openHub, uniqueName } from './open-hub.ts';

const NEVER = new AbortController().signal;

let admin: OpenHub;
let proxy: FaultProxy;
let scene: DnsScene;
let host: string;

beforeAll(async () => {
  await installInHub();
  admin = openHub(testPlayground().hub.adminKubeconfig);
});

afterAll(() => admin.close());

beforeEach(async () => {
  proxy = await FaultProxy.start(testPlayground().hub);
  scene = await DnsScene.open();
  host = `${uniqueName('shop')}.${ZONE}`;
});

afterEach(async () => {
  await scene.close();
  await proxy.stop();
});

const ref = () => ({ resource: GLOBAL_INGRESS, name: host });
const store = () => openKubernetesStore(admin);

/** A DNS server that follows the hub, behind something that may fail. */
function start(dns: Readonly<Record<string, unknown>> = {}) {
  const hub = { kubeconfig: { kind: 'file', path: proxy.kubeconfig }, namespace: 'sluice-system' };
  return scene.start({ workers: 2, ...dns }, { hub });
}

/** What a worker elsewhere finds of this DNS server, among all that follow the hub. */
function elsewhere() {
  const address = formatAddress(scene.address);
  const plane = createServingPlane({ hub: admin.hub, namespace: 'sluice-system', except: [], machine: hostname() });
  const finds = async (revision: number) =>
    (await plane.observe(host, revision, NEVER)).find(({ instance }) => instance.endsWith(`/${address}`));
  return {
    plane,
    becomes: (revision: number, expected: Partial<Observation>) =>
      vi.waitFor(async () => expect(await finds(revision)).toMatchObject(expected), SLOW),
  };
}

async function publish(revision: number): Promise<void> {
  await store().claim(host, OWNER, 5);
  expect(await store().put(anIngress({ host, owner: OWNER, revision }))).toEqual({ kind: 'written' });
}

/** What the status of the GlobalIngress says of each instance. */
async function reported(): Promise<readonly (number | undefined)[]> {
  const object = await getObject(admin.hub, ref(), { signal: NEVER });
  return listAt(object, 'status', 'instances').map((one) => numberAt(one, 'revision'));
}

const becomesReported = (...revisions: readonly number[]) =>
  vi.waitFor(async () => expect(await reported()).toEqual(revisions), SLOW);

describe('a DNS server that follows a hub', { timeout: 90_000 }, () => {
  it('serves what the hub says, and tells it which revision all of its workers serve', async () => {
    await publish(2);
    start();
    await scene.inForce(2, host);
    await becomesReported(2);
    await publish(3);
    await scene.inForce(3, host);
    await becomesReported(3);
    await store().release(host, OWNER);
    await becomesReported();
  });

  it('goes on while the hub is away, also when it starts anew, and hears of changes afterwards', async () => {
    await publish(2);
    start();
    await scene.inForce(2, host);
    await proxy.become({ kind: 'closed' });
    await publish(3);
    await scene.inForce(2, host);
    await scene.killAll();
    start();
    await scene.inForce(2, host);
    await proxy.become({ kind: 'pass' });
    await scene.inForce(3, host);
    await becomesReported(3);
  });

  it('is asked by others where it advertises, and is not believed by its report when it does not answer there', async () => {
    const address = formatAddress(scene.address);
    await publish(2);
    const server = start({ advertise: address });
    const { plane, becomes } = elsewhere();
    try {
      await becomes(2, { kind: 'inForce' });
      expect(Object.keys(await plane.measure(host, NEVER))).toContainEqual(expect.stringMatching(`^${address}#`));
      await becomesReported(2);
      const workers = await scene.workersOf(server);
      for (const pid of workers) process.kill(pid, 'SIGSTOP');
      const message = expect.stringMatching(
        `reports revision 2 of ${host} in the hub, but .* ${address} does not tell`,
      );
      await becomes(2, { kind: 'unknown', message });
      for (const pid of workers) process.kill(pid, 'SIGCONT');
      await becomes(2, { kind: 'inForce' });
    } finally {
      plane.close();
    }
  });

  it('is believed by its report when it says no address', async () => {
    await publish(2);
    start();
    const { plane, becomes } = elsewhere();
    try {
      await becomes(2, { kind: 'inForce', by: 'report' });
      expect(await plane.measure(host, NEVER)).toEqual({});
    } finally {
      plane.close();
    }
  });

  it('does not take a store that was emptied for the truth, also when it starts anew', async () => {
    await publish(2);
    start();
    await scene.inForce(2, host);
    await becomesReported(2);
    const object = await getObject(admin.hub, ref(), { signal: NEVER });
    await deleteObject(admin.hub, ref(), { uid: object?.metadata.uid ?? '', signal: NEVER });
    await scene.killAll();
    const again = start();
    await vi.waitFor(() => expect(again.output).toContain(`GlobalIngress ${host} is gone and was not released`), SLOW);
    await scene.inForce(2, host);
    await store().claim(host, OWNER, 5);
    await store().release(host, OWNER);
    await vi.waitFor(async () => expect((await scene.ask(host)).rcode).toBe(3), SLOW);
  });
});
