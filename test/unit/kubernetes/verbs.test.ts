import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { at, conditionAt, listAt, numberAt, recordAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import { createKubernetesMetrics } from '../../../src/lib/kubernetes/metrics.ts';
import {
  applyObject,
  askVersion,
  createObject,
  getObject,
  listObjects,
  mergeObject,
  replaceObject,
  reviewAccess,
} from '../../../src/lib/kubernetes/requests.ts';
import { CLUSTER, INGRESS, NODE, SECRET } from '../../../src/lib/kubernetes/resources.ts';
import { until } from '../../support/until.ts';
import { anIngress, anIngressList, answerJson, aStatus, MisbehavingApiServer } from './misbehaving-api-server.ts';

const shop = { resource: INGRESS, namespace: 'default', name: 'shop' };
const { signal } = new AbortController();

let server: MisbehavingApiServer;
let bodies: { readonly type: string | undefined; readonly body: unknown }[];
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
  bodies = [];
});
afterEach(() => server.stop());

/** Notes what is sent, and answers all of it alike. */
function answering(body: object, status = 200): void {
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sent = await text(request);
    bodies.push({ type: request.headers['content-type'], body: sent === '' ? undefined : JSON.parse(sent) });
    answerJson(response, body, status);
  };
  server.handler = (request, response) => void receive(request, response);
}

describe('writing', () => {
  it('applies by force, and to the status, only when it is told to', async () => {
    answering(anIngress());
    const options = { manifest: { a: 1 }, fieldManager: 'sluice', signal };
    await applyObject(server.cluster(), shop, options);
    await applyObject(server.cluster(), shop, { ...options, force: true, subresource: 'status' });
    const path = 'PATCH /apis/networking.k8s.io/v1/namespaces/default/ingresses/shop';
    expect(server.requests).toEqual([
      `${path}?fieldManager=sluice&force=false`,
      `${path}/status?fieldManager=sluice&force=true`,
    ]);
    expect(bodies[0]).toEqual({ type: 'application/apply-patch+yaml', body: { a: 1 } });
  });

  it('makes an object, and says when there is one', async () => {
    answering(anIngress(), 201);
    const made = await createObject(server.cluster(), shop, { manifest: { a: 1 }, signal });
    expect(made).toEqual({ kind: 'created', object: anIngress() });
    expect(server.requests).toEqual(['POST /apis/networking.k8s.io/v1/namespaces/default/ingresses']);
    answering(aStatus(409, 'AlreadyExists'), 409);
    expect(await createObject(server.cluster(), shop, { manifest: {}, signal })).toEqual({ kind: 'exists' });
  });

  it.each([
    ['it was changed', aStatus(409, 'Conflict'), 409],
    ['it is gone', aStatus(404, 'NotFound'), 404],
  ])('replaces an object unless %s', async (_name, status, code) => {
    answering(anIngress());
    const options = { manifest: { a: 1 }, signal };
    const replaced = await replaceObject(server.cluster(), shop, { ...options, subresource: 'status' });
    expect(replaced).toEqual({ kind: 'replaced', object: anIngress() });
    expect(server.requests).toEqual(['PUT /apis/networking.k8s.io/v1/namespaces/default/ingresses/shop/status']);
    answering(status, code);
    expect(await replaceObject(server.cluster(), shop, options)).toEqual({ kind: 'conflict' });
  });

  it('does not take the 404 of a proxy for an object that is gone', async () => {
    server.handler = (_, response) => response.writeHead(404).end('nothing here');
    await expect(replaceObject(server.cluster(), shop, { manifest: {}, signal })).rejects.toThrow('404');
  });

  it('merges, and a conflict is an error that may be over later', async () => {
    answering(anIngress());
    await mergeObject(server.cluster(), shop, { patch: { spec: null }, fieldManager: 'hand', signal });
    expect(server.requests[0]).toContain('ingresses/shop?fieldManager=hand');
    expect(bodies).toEqual([{ type: 'application/merge-patch+json', body: { spec: null } }]);
    answering(aStatus(409, 'Conflict'), 409);
    const merging = mergeObject(server.cluster(), shop, { patch: {}, signal });
    await expect(merging).rejects.toMatchObject({ failure: { verb: 'merge', reason: 'Conflict', retryable: true } });
  });
});

describe('paths', () => {
  it('are those of the core group, of groups, and of kinds without namespaces', async () => {
    answering(aStatus(404, 'NotFound'), 404);
    const cluster = server.cluster();
    await getObject(cluster, { resource: SECRET, namespace: 'default', name: 'a/b' }, { signal });
    await getObject(cluster, { resource: NODE, name: 'one' }, { signal });
    await getObject(cluster, { resource: CLUSTER, name: 'east' }, { signal });
    expect(server.requests).toEqual([
      'GET /api/v1/namespaces/default/secrets/a%2Fb',
      'GET /api/v1/nodes/one',
      'GET /apis/sluice.dev/v1alpha1/clusters/east',
    ]);
  });

  it('are refused when a namespace is missing or too many', async () => {
    const cluster = server.cluster();
    await expect(getObject(cluster, { resource: SECRET, name: 'a' }, { signal })).rejects.toThrow('needs a namespace');
    const node = { resource: NODE, namespace: 'default', name: 'a' };
    await expect(getObject(cluster, node, { signal })).rejects.toThrow('Node has no namespace, found "default"');
  });
});

describe('a list', () => {
  const page = (version: string, next: string | undefined, ...names: readonly string[]): object => ({
    ...anIngressList(...names.map((name) => anIngress({}, { name, uid: name }))),
    metadata: { resourceVersion: version, ...(next !== undefined && { continue: next }) },
  });
  const tokenOf = ({ url = '' }: IncomingMessage): string | null =>
    new URL(url, 'https://x').searchParams.get('continue');
  const everywhere = { resource: INGRESS, labelSelector: 'a=b' };

  it('is read page by page, everywhere and by labels', async () => {
    server.handler = (request, response) =>
      answerJson(response, tokenOf(request) === null ? page('7', 'next', 'a', 'b') : page('7', '', 'c'));
    const { items, resourceVersion } = await listObjects(server.cluster(), everywhere, { signal });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(resourceVersion).toBe('7');
    expect(server.requests).toEqual([
      'GET /apis/networking.k8s.io/v1/ingresses?limit=500&labelSelector=a%3Db',
      'GET /apis/networking.k8s.io/v1/ingresses?limit=500&continue=next&labelSelector=a%3Db',
    ]);
  });

  it('starts again when the token for the next page has expired, and takes nothing of the first attempt', async () => {
    let expired = false;
    server.handler = (request, response) => {
      if (tokenOf(request) === null)
        return answerJson(response, page(expired ? '9' : '7', 'next', expired ? 'b' : 'a'));
      if (expired) return answerJson(response, page('9', '', 'c'));
      expired = true;
      answerJson(response, aStatus(410, 'Expired'), 410);
    };
    const { items, resourceVersion } = await listObjects(server.cluster(), everywhere, { signal });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(resourceVersion).toBe('9');
  });

  it('gives up when every token has expired', async () => {
    server.handler = (request, response) =>
      tokenOf(request) === null
        ? answerJson(response, page('7', 'next', 'a'))
        : answerJson(response, aStatus(410, 'Expired'), 410);
    await expect(listObjects(server.cluster(), everywhere, { signal })).rejects.toThrow('410');
    expect(server.requests).toHaveLength(8);
  });

  it.each([
    ['an error', aStatus(500, 'InternalError'), 500],
    ['HTML with 200', {}, 200],
    ['an item that is not whole', { ...anIngressList({ metadata: {} }) }, 200],
  ])('is none when the second page is %s', async (_name, body, code) => {
    server.handler = (request, response) =>
      tokenOf(request) === null ? answerJson(response, page('7', 'next', 'a')) : answerJson(response, body, code);
    await expect(listObjects(server.cluster(), everywhere, { signal })).rejects.toThrow('cluster east: list ingresses');
  });
});

describe('inquiries', () => {
  it('ask for the version', async () => {
    answering({ gitVersion: 'v1.34.1' });
    expect(await askVersion(server.cluster(), { signal })).toBe('v1.34.1');
    answering({ name: 'something else' });
    await expect(askVersion(server.cluster(), { signal })).rejects.toThrow('not a version');
  });

  it.each([true, false])('ask whether something is allowed: %s', async (allowed) => {
    answering({ kind: 'SelfSubjectAccessReview', status: { allowed } }, 201);
    const attributes = { verb: 'patch', group: 'networking.k8s.io', resource: 'ingresses' };
    expect(await reviewAccess(server.cluster(), attributes, { signal })).toBe(allowed);
    expect(bodies[0]?.body).toMatchObject({ spec: { resourceAttributes: attributes } });
  });

  it('do not take an answer without a verdict for a right', async () => {
    answering({}, 201);
    const review = reviewAccess(server.cluster(), { verb: 'get', group: '', resource: 'nodes' }, { signal });
    await expect(review).rejects.toThrow('cluster east: review get nodes: answered 201');
  });
});

describe('requests', () => {
  it('are counted by cluster and verb, and carry our name', async () => {
    const metrics = createKubernetesMetrics(new Registry());
    let agent: string | undefined;
    server.handler = (request, response) => {
      agent = request.headers['user-agent'];
      answerJson(response, anIngress());
    };
    const cluster = server.cluster(metrics);
    await getObject(cluster, shop, { signal });
    await getObject(cluster, shop, { signal });
    const { values } = await metrics.requests.get();
    expect(values).toMatchObject([{ labels: { cluster: 'east', verb: 'get' }, value: 2 }]);
    expect(agent).toBe('sluice');
  });

  it('are at most 32 at a time, and the others wait for their turn', async () => {
    const waiting: ServerResponse[] = [];
    server.handler = (_, response) => void waiting.push(response);
    const cluster = server.cluster();
    const asked = Array.from({ length: 40 }, () => getObject(cluster, shop, { signal }));
    await until(() => (waiting.length >= 32 ? true : undefined), { what: '32 requests' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toHaveLength(32);
    server.handler = (_, response) => answerJson(response, anIngress());
    for (const response of waiting) answerJson(response, anIngress());
    expect(await Promise.all(asked)).toHaveLength(40);
  });

  it('fail by their deadline when no connection becomes free', async () => {
    server.handler = () => {};
    const cluster = server.cluster();
    const holding = new AbortController();
    onTestFinished(() => holding.abort());
    for (let index = 0; index < 32; index += 1)
      void getObject(cluster, shop, { signal: holding.signal, deadlineMs: 60_000 }).catch(() => undefined);
    await until(() => (server.requests.length === 32 ? true : undefined), { what: '32 requests' });
    const late = getObject(cluster, shop, { signal, deadlineMs: 100 });
    await expect(late).rejects.toMatchObject({ failure: { reason: 'DeadlineExceeded' } });
    expect(server.requests).toHaveLength(32);
  });
});

describe('fields of an object from the wire', () => {
  const object = {
    spec: { rules: [{ host: 'a' }, { host: 7 }], count: 3 },
    status: { conditions: [{ type: 'Ready', status: 'True', observedGeneration: 2 }, 'odd'] },
  };

  it('are what is there, and undefined or empty for all else', () => {
    expect(textAt(object, 'spec', 'rules', 0, 'host')).toBe('a');
    expect(textAt(object, 'spec', 'rules', 1, 'host')).toBeUndefined();
    expect(numberAt(object, 'spec', 'count')).toBe(3);
    expect(listAt(object, 'spec', 'rules')).toHaveLength(2);
    expect(listAt(object, 'spec', 'rules', 'length')).toEqual([]);
    expect(recordAt(object, 'spec', 'rules')).toBeUndefined();
    expect(at(object, 'constructor')).toBeUndefined();
    expect(at(undefined, 'spec', 0)).toBeUndefined();
  });

  it('may be conditions, however little of them is there', () => {
    expect(conditionAt(object, 'Ready', 'status', 'conditions')).toEqual({
      type: 'Ready',
      status: 'True',
      reason: '',
      message: '',
      observedGeneration: 2,
    });
    expect(conditionAt(object, 'Other', 'status', 'conditions')).toBeUndefined();
  });
});
