import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientError } from '../../../src/client/errors.ts';
import { runFederatedIngressController } from '../../../src/hub/federated-ingresses.ts';
import { conditionAt, listAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { getObject } from '../../../src/lib/kubernetes/requests.ts';
import { FEDERATED_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { testPlayground } from '../../support/playground.ts';
import { installInHub, SILENT, uniqueName } from './open-hub.ts';
import { aDocument, aScene, asAdmin, historyEntry, type Scene } from './scene.ts';

const NEVER = new AbortController().signal;
const SOON = { timeout: 60_000, interval: 25 };

let scene: Scene;
let name: string;

beforeAll(installInHub);
beforeEach(() => {
  scene = aScene();
  name = uniqueName('shop');
});
afterEach(async () => {
  scene.client.failure = undefined;
  scene.client.refusal = undefined;
  scene.client.drainsAtOnce = true;
  start();
  await asAdmin(['delete', 'fi', name, '--ignore-not-found', '--timeout=20s']);
  await scene.end();
});

/** Runs the controller as the process that leads does. */
function start(as = scene): () => Promise<void> {
  const { hub, client, events, writer } = as;
  const onStatus = writer.write.bind(writer);
  return as.run((signal) => runFederatedIngressController({ hub, client, log: SILENT, events, onStatus }, signal));
}

/** The same, but that its watch brings what it is told. */
function startTold(by = scene): (object: AnyObject) => void {
  let hear: (watched: { readonly objects: readonly AnyObject[] }) => void = () => undefined;
  const of = ({ resource }: { readonly resource: unknown }) => ({
    followAll(listener: typeof hear) {
      if (resource === FEDERATED_INGRESS) hear = listener;
      return () => undefined;
    },
  });
  const watches = vi.spyOn(by.hub.watches, 'of').mockImplementation(of as never);
  start(by);
  watches.mockRestore();
  return (object) => hear({ objects: [object] });
}

const key = () => `default/${name}`;
const object = () =>
  getObject(scene.hub, { resource: FEDERATED_INGRESS, namespace: 'default', name }, { signal: NEVER });
const appliedHere = () => scene.client.applied.filter(({ document }) => JSON.stringify(document).includes(`"${name}"`));
const steeredHere = () => scene.client.steered.filter((one) => one.name === name);

/** Waits until the object is as the check wants it. */
async function becomes(check: (found: AnyObject | undefined) => void): Promise<void> {
  await vi.waitFor(async () => check(await object()), SOON);
}

const accepted = (found: AnyObject | undefined) => conditionAt(found, 'Accepted', 'status', 'conditions');

async function create(spec: object = {}): Promise<void> {
  await asAdmin(['apply', '-f', '-'], aDocument(name, spec));
  await becomes((found) => expect(accepted(found)).toBeDefined());
}

describe('a FederatedIngress object', () => {
  it('is applied with the object as its source, once a generation, and held by a finalizer', async () => {
    start();
    await create();
    const found = await object();
    expect(found?.metadata.finalizers).toEqual(['sluice.dev/drain']);
    expect(appliedHere()).toMatchObject([
      {
        document: { metadata: { name } },
        steering: { actor: 'hub', door: 'kubectl', source: { kind: 'hub', uid: found?.metadata.uid, generation: 1 } },
      },
    ]);
    await asAdmin(['patch', 'fi', name, '--type=merge', '-p', '{"spec":{"dns":{"ttl":"20s"}}}']);
    await becomes((now) => expect(accepted(now)).toMatchObject({ status: 'True', observedGeneration: 2 }));
    await asAdmin(['label', 'fi', name, 'team=a']);
    await asAdmin(['annotate', 'fi', name, 'note=b']);
    expect(appliedHere()).toHaveLength(2);
  });

  it('shows the status of its workflow, and kubectl wait waits for the generation that was applied', async () => {
    start();
    await create();
    const status = scene.client.change(key(), {
      conditions: ['Ready', 'Progressing'].map((type) => ({
        type: type as 'Ready',
        status: type === 'Ready' ? 'True' : 'False',
        reason: 'Completed',
        message: 'all traffic',
        observedGeneration: 1,
        lastTransitionTime: new Date().toISOString(),
      })),
    });
    scene.writer.write(status);
    await asAdmin(['wait', 'fi', name, '--for=condition=Ready', '--timeout=10s']);
    expect(await asAdmin(['get', 'fi', name, '-o', 'wide'])).toMatch(/HOST +STRATEGY +STEP +SHARES +READY +STATE/);
    // The controller's own condition is still there beside them: two managers, one list.
    expect(accepted(await object())?.status).toBe('True');
  });

  it('that is wrong by itself says so once and changes nothing', async () => {
    start();
    // Weights that do not rise are beyond a schema.
    await create({ strategy: { canary: { steps: [{ setWeight: 50 }, { setWeight: 10 }] } } });
    expect(accepted(await object())).toMatchObject({
      status: 'False',
      reason: 'InvalidSpec',
      message: expect.stringContaining('must rise'),
    });
    expect(appliedHere()).toEqual([]);
    await vi.waitFor(async () => expect(await asAdmin(['get', 'events', '-o', 'name'])).toContain(name), SOON);
  });

  it('waits with a reason while Temporal is away, and is applied when it is back', async () => {
    scene.client.failure = new ClientError('unavailable', 'Temporal did not answer');
    start();
    await create();
    expect(accepted(await object())).toMatchObject({ status: 'Unknown', reason: 'TemporalUnavailable' });
    scene.client.failure = undefined;
    await becomes((found) => expect(accepted(found)).toMatchObject({ status: 'True' }));
  });

  it('waits with a reason while somebody else has the hostname', async () => {
    scene.client.failure = new ClientError('hostnameClaimed', 'x is claimed by default/other');
    start();
    await create();
    const claimed = conditionAt(await object(), 'HostnameClaimed', 'status', 'conditions');
    expect(claimed).toMatchObject({ status: 'False', message: 'x is claimed by default/other' });
  });

  it('is applied again at once when its hostname is given up by whoever had it', async () => {
    const host = `${name}.example.test`;
    const spec = { host, owner: { namespace: 'default', name: 'other' }, revision: 1, ttlSeconds: 30, targets: [] };
    const other = { apiVersion: 'sluice.dev/v1alpha1', kind: 'GlobalIngress', metadata: { name: host }, spec };
    await asAdmin(['apply', '-f', '-'], other);
    scene.client.failure = new ClientError('hostnameClaimed', `${host} is claimed by default/other`);
    start();
    await create();
    scene.client.failure = undefined;
    await asAdmin(['patch', 'gi', host, '--type=merge', '-p', '{"spec":{"owner":null}}']);
    await becomes((found) => expect(accepted(found)).toMatchObject({ status: 'True' }));
    await asAdmin(['delete', 'gi', host]);
  });

  it('begins again when its workflow is lost, and does not when the process that leads is another one', async () => {
    const stop = start();
    await create();
    await stop();
    const next = start();
    await vi.waitFor(() => expect(scene.client.statuses.has(key())).toBe(true), SOON);
    await next();
    expect(appliedHere()).toHaveLength(1);
    scene.client.remove('default', name);
    start();
    await vi.waitFor(() => expect(appliedHere()).toHaveLength(2), SOON);
  });
});

it('an object that an API server which has just begun does not know yet is dealt with when it does', async () => {
  await asAdmin(['apply', '-f', '-'], aDocument(name));
  const current = await object();
  if (current === undefined) throw new Error('it is not there');
  const proxy = await FaultProxy.start(testPlayground().hub);
  const other = aScene(scene.client, proxy.kubeconfig);
  try {
    await proxy.become({ kind: 'notFound' });
    startTold(other)(current);
    await vi.waitFor(() => expect(proxy.requests).toBeGreaterThan(0), SOON);
    await proxy.become({ kind: 'pass' });
    await becomes((found) => expect(accepted(found)).toMatchObject({ status: 'True' }));
  } finally {
    await other.end();
    await proxy.stop();
  }
});

describe('steering by annotation', () => {
  it('acts on each value once, also over a restart, and says what came of it', async () => {
    const stop = start();
    await create();
    await asAdmin(['annotate', 'fi', name, 'sluice.dev/promote=1 looks good']);
    const answers = (found: AnyObject | undefined) => listAt(found, 'status', 'steering');
    await becomes((found) => expect(answers(found)).toMatchObject([{ verb: 'promote', nonce: '1', outcome: 'Done' }]));
    await stop();
    start();
    await asAdmin(['annotate', 'fi', name, 'sluice.dev/pause=1']);
    await becomes((found) => expect(answers(found)).toHaveLength(2));
    await asAdmin(['annotate', '--overwrite', 'fi', name, 'sluice.dev/promote=2']);
    await vi.waitFor(() => expect(steeredHere()).toHaveLength(3), SOON);
    expect(steeredHere().map(({ verb, input }) => [verb, input.reason])).toEqual([
      ['promote', 'looks good'],
      ['pause', undefined],
      ['promote', undefined],
    ]);
  });

  it('does nothing again when its watch is behind what was said as it begins to lead', async () => {
    const stop = start();
    await create();
    await asAdmin(['annotate', 'fi', name, 'sluice.dev/promote=1']);
    await becomes((found) => expect(listAt(found, 'status', 'steering')).toHaveLength(1));
    await stop();
    const current = await object();
    const { status: _, ...old } = current as AnyObject & { readonly status: unknown };
    const tell = startTold();
    tell(old);
    const annotations = { ...old.metadata.annotations, 'sluice.dev/pause': '1' };
    tell({ ...old, metadata: { ...old.metadata, annotations } });
    await vi.waitFor(() => expect(steeredHere().at(-1)?.verb).toBe('pause'), SOON);
    expect(steeredHere().map(({ verb }) => verb)).toEqual(['promote', 'pause']);
    expect(appliedHere()).toHaveLength(1);
  });

  it('drains the cluster that is named, and says what is missing when none is', async () => {
    start();
    await create();
    await asAdmin(['annotate', 'fi', name, 'sluice.dev/drain=1']);
    await becomes((found) => {
      expect(listAt(found, 'status', 'steering')).toMatchObject([{ verb: 'drain', nonce: '1', outcome: 'Refused' }]);
    });
    expect(steeredHere()).toEqual([]);
    await asAdmin(['annotate', '--overwrite', 'fi', name, 'sluice.dev/drain=2 east kernel update']);
    const input = { actor: 'hub', door: 'kubectl', cluster: 'east', reason: 'kernel update' };
    await vi.waitFor(() => expect(steeredHere()).toMatchObject([{ verb: 'drain', input }]), SOON);
  });

  it('says why a verb was refused, in the status and by an Event', async () => {
    start();
    await create();
    scene.client.refusal = 'no rollout is under way';
    await asAdmin(['annotate', 'fi', name, 'sluice.dev/abort=7']);
    await becomes((found) => {
      expect(listAt(found, 'status', 'steering')).toMatchObject([
        { verb: 'abort', outcome: 'Refused', message: 'no rollout is under way' },
      ]);
    });
    const selector = `regarding.name=${name},reason=AbortRefused`;
    await vi.waitFor(async () => {
      const events = await asAdmin(['get', 'events.events.k8s.io', '-o', 'name', `--field-selector=${selector}`]);
      expect(events.trim().split('\n')).toHaveLength(1);
    }, SOON);
  });
});

describe('kubectl delete', () => {
  it('drains first: the object goes when the workflow is gone', async () => {
    start();
    await create();
    scene.client.drainsAtOnce = false;
    await asAdmin(['delete', 'fi', name, '--wait=false']);
    await vi.waitFor(() => expect(steeredHere()).toMatchObject([{ verb: 'delete', input: { actor: 'hub' } }]), SOON);
    expect((await object())?.metadata.deletionTimestamp).toBeDefined();
    await asAdmin(['annotate', 'fi', name, 'sluice.dev/force-delete=now']);
    await vi.waitFor(() => expect(steeredHere().at(-1)?.input).toMatchObject({ force: true }), SOON);
    scene.client.remove('default', name);
    await becomes((found) => expect(found).toBeUndefined());
    expect(steeredHere()).toHaveLength(2);
  });

  it('of one that was never accepted leaves alone what another door made under its name', async () => {
    await scene.client.apply(aDocument(name), { actor: 'http:alice' });
    start();
    await create({ strategy: { canary: { steps: [{ setWeight: 50 }, { setWeight: 10 }] } } });
    await asAdmin(['delete', 'fi', name, '--timeout=10s']);
    expect(steeredHere()).toEqual([]);
    expect(scene.client.statuses.has(key())).toBe(true);
  });
});

describe('the status writer', () => {
  it('makes one Event of a transition, whatever number of writers tells it', async () => {
    start();
    await create();
    const status = scene.client.change(key(), { history: [historyEntry('RolledBack', 'west was not ready')] });
    const second = aScene();
    second.writer.write(status);
    scene.writer.write(status);
    scene.writer.write(status);
    const events = () =>
      asAdmin([
        'get',
        'events.events.k8s.io',
        '-o',
        'jsonpath={.items[*].type}',
        `--field-selector=regarding.name=${name},reason=RolledBack`,
      ]);
    await vi.waitFor(async () => expect(await events()).toBe('Warning'), SOON);
    await second.end();
    expect(await events()).toBe('Warning');
  });

  it('writes the newest status when a hub that was away is back, and blocks nobody meanwhile', async () => {
    start();
    await create();
    const proxy = await FaultProxy.start(testPlayground().hub);
    const other = aScene(scene.client, proxy.kubeconfig);
    await proxy.become({ kind: 'closed' });
    for (const message of ['first', 'second', 'third']) other.writer.write(scene.client.change(key(), { message }));
    await proxy.become({ kind: 'pass' });
    await becomes((found) => expect(textAt(found, 'status', 'message')).toBe('third'));
    await other.end();
    await proxy.stop();
  });

  it('writes nothing to a later object of the same name, nor makes one', async () => {
    const stop = start();
    await create();
    const status = scene.client.statuses.get(key());
    if (status === undefined) throw new Error('it was not applied');
    await asAdmin(['delete', 'fi', name, '--timeout=10s']);
    await stop();
    scene.writer.write({ ...status, message: 'late' });
    await asAdmin(['apply', '-f', '-'], aDocument(name));
    const other = aScene();
    other.writer.write({ ...status, message: 'late' });
    await other.end();
    expect((await object())?.['status']).toBeUndefined();
  });
});
