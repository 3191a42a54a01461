import { utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldConflicts } from '../../../src/lib/kubernetes/conflict.ts';
import { KubernetesError } from '../../../src/lib/kubernetes/errors.ts';
import { applyObject, askReady, deleteObject, getObject, listObjects } from '../../../src/lib/kubernetes/requests.ts';
import { INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import {
  anIngress,
  anIngressList,
  answerJson,
  aStatus,
  type Handler,
  MisbehavingApiServer,
} from './misbehaving-api-server.ts';

const shop = { resource: INGRESS, namespace: 'default', name: 'shop' };
const { signal } = new AbortController();

let server: MisbehavingApiServer;
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
});
afterEach(() => server.stop());

async function failure(promise: Promise<unknown>): Promise<KubernetesError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof KubernetesError) return error;
  throw error;
}

/** While it starts, an API server knows the rights of nobody, and is not ready. */
function denying({ readyz }: { readonly readyz: number }): Handler {
  const message = 'ingresses.networking.k8s.io "shop" is forbidden: User "sluice" cannot get resource "ingresses"';
  return (request, response) => {
    if (request.url === '/readyz') response.writeHead(readyz).end();
    else answerJson(response, aStatus(403, 'Forbidden', { message }), 403);
  };
}

describe('a request to an API server that misbehaves', () => {
  const answers: readonly [string, Handler, object, number?][] = [
    [
      'HTML with 200',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      { reason: 'InvalidAnswer', retryable: true, status: 200 },
    ],
    ['cut JSON', (_, response) => response.end('{"kind": "Ingr'), { reason: 'InvalidAnswer', retryable: true }],
    [
      'another kind',
      (_, response) => answerJson(response, aStatus(200, 'Odd')),
      { reason: 'InvalidAnswer', retryable: true },
    ],
    [
      'an object without uid',
      (_, response) => answerJson(response, anIngress({}, { uid: undefined })),
      { reason: 'InvalidAnswer' },
    ],
    [
      '429',
      (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(),
      { reason: 'TooManyRequests', retryable: true, retryAfterSeconds: 7 },
    ],
    [
      '503 with HTML',
      (_, response) => response.writeHead(503).end('<html>'),
      { reason: 'ServiceUnavailable', retryable: true, status: 503 },
    ],
    [
      '500',
      (_, response) => answerJson(response, aStatus(500, 'InternalError'), 500),
      { reason: 'InternalError', retryable: true },
    ],
    [
      '403',
      (_, response) => answerJson(response, aStatus(403, 'Forbidden'), 403),
      { reason: 'Forbidden', retryable: false, status: 403 },
    ],
    ['403 for want of rights', denying({ readyz: 200 }), { reason: 'Forbidden', retryable: false }],
    ['403 while it starts', denying({ readyz: 500 }), { reason: 'Forbidden', retryable: true }],
    [
      '404 from a proxy',
      (_, response) => response.writeHead(404).end('404 page not found'),
      { reason: 'NotFound', retryable: false },
    ],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'https://login' }).end(),
      { reason: 'Found', retryable: true },
    ],
    ['a reset', (request) => request.socket.destroy(), { reason: 'ConnectionReset', retryable: true }],
    [
      'a body cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => response.destroy());
      },
      { reason: 'ConnectionReset', retryable: true },
    ],
    ['silence', () => {}, { reason: 'DeadlineExceeded', retryable: true, detail: 'no answer within 1 s' }, 1_000],
    [
      'a body that hangs',
      (_, response) => response.writeHead(200).write('{'),
      { reason: 'DeadlineExceeded', retryable: true },
      1_000,
    ],
  ];

  it.each(answers)('says so: %s', async (_name, handler, expected, deadlineMs = 15_000) => {
    server.handler = handler;
    const error = await failure(getObject(server.cluster(), shop, { signal, deadlineMs }));
    expect(error.failure).toMatchObject({ cluster: 'east', verb: 'get', object: 'Ingress default/shop', ...expected });
    expect(error.message).toMatch(/^cluster east: get Ingress default\/shop: /);
  });

  it('says so when nobody listens', async () => {
    server.writeKubeconfig({ token: 'x' }, { server: 'https://127.0.0.1:1' });
    const error = await failure(askReady(server.cluster(), { signal }));
    expect(error.failure).toMatchObject({ reason: 'ConnectionRefused', retryable: true });
  });

  it('says so when the certificate is not of the CA', async () => {
    server.writeKubeconfig({ token: 'x' }, { 'certificate-authority-data': undefined });
    const error = await failure(askReady(server.cluster(), { signal }));
    expect(error.failure).toMatchObject({ reason: 'CertificateNotTrusted', retryable: true });
  });

  it.each([
    ['no list', anIngress()],
    ['a list without items', { ...anIngressList(), items: undefined }],
    ['a list of other things', { ...anIngressList(), kind: 'SecretList' }],
    ['the same page again and again', { ...anIngressList(), metadata: { resourceVersion: '11', continue: 'more' } }],
    ['an item that is not whole', anIngressList(anIngress(), { metadata: {} })],
  ])('does not take for an empty list: %s', async (_name, body) => {
    server.handler = (_, response) => answerJson(response, body);
    const selection = { resource: INGRESS, namespace: 'default' };
    expect((await failure(listObjects(server.cluster(), selection, { signal }))).failure.reason).toBe('InvalidAnswer');
  });
});

describe('a request', () => {
  it('is undefined for an object that the API server does not have', async () => {
    server.handler = (_, response) => answerJson(response, aStatus(404, 'NotFound'), 404);
    expect(await getObject(server.cluster(), shop, { signal })).toBeUndefined();
    expect(await deleteObject(server.cluster(), shop, { uid: 'x', signal })).toBe('absent');
  });

  it('ends with the reason of the caller who gives up', async () => {
    server.handler = () => {};
    const stopping = new AbortController();
    const asked = getObject(server.cluster(), shop, { signal: stopping.signal });
    stopping.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });

  it('lists objects with their kind, which the wire leaves out', async () => {
    server.handler = (_, response) =>
      answerJson(response, anIngressList({ ...anIngress(), kind: undefined, apiVersion: undefined }));
    const selection = { resource: INGRESS, namespace: 'default', fieldSelector: 'metadata.name=shop' };
    const { items, resourceVersion } = await listObjects(server.cluster(), selection, { signal });
    expect({ items, resourceVersion }).toEqual({ items: [anIngress()], resourceVersion: '11' });
    expect(server.requests).toEqual([
      'GET /apis/networking.k8s.io/v1/namespaces/default/ingresses?limit=500&fieldSelector=metadata.name%3Dshop',
    ]);
  });

  it('reads the credentials again after a 401, also when the file looks the same, and tries once more', async () => {
    const cluster = server.cluster();
    utimesSync(server.kubeconfig, 1, 1);
    server.handler = (request, response) => {
      if (request.headers.authorization === 'Bearer terces') return answerJson(response, anIngress());
      server.writeKubeconfig({ token: 'terces' });
      utimesSync(server.kubeconfig, 1, 1);
      answerJson(response, aStatus(401, 'Unauthorized'), 401);
    };
    expect(await getObject(cluster, shop, { signal })).toMatchObject({ kind: 'Ingress' });
    expect(server.tokens).toEqual(['Bearer secret', 'Bearer terces']);
  });

  it('gives up on a second 401, which may be over later', async () => {
    server.handler = (_, response) => answerJson(response, aStatus(401, 'Unauthorized'), 401);
    const { failure: told } = await failure(getObject(server.cluster(), shop, { signal }));
    expect(told).toMatchObject({ reason: 'Unauthorized', retryable: true });
    expect(server.requests).toHaveLength(2);
  });

  it('uses a token file that was written anew from the next request on', async () => {
    const file = join(server.directory, 'token');
    writeFileSync(file, 'first');
    server.writeKubeconfig({ tokenFile: 'token' });
    server.handler = (_, response) => answerJson(response, anIngress());
    const cluster = server.cluster();
    await getObject(cluster, shop, { signal });
    await getObject(cluster, shop, { signal });
    writeFileSync(file, 'second one');
    await getObject(cluster, shop, { signal });
    expect(server.tokens).toEqual(['Bearer first', 'Bearer first', 'Bearer second one']);
  });

  it('is refused, and may be sent again later, while the kubeconfig is broken', async () => {
    const cluster = server.cluster();
    writeFileSync(server.kubeconfig, 'clusters: [');
    const { failure: told } = await failure(getObject(cluster, shop, { signal }));
    expect(told).toMatchObject({ reason: 'KubeconfigRefused', retryable: true });
  });

  it('removes the object of that uid only, and leaves the connection fit for the next request', async () => {
    const bodies: string[] = [];
    const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      bodies.push(await text(request));
      answerJson(response, aStatus(200, ''));
    };
    server.handler = (request, response) => void receive(request, response);
    const cluster = server.cluster();
    await deleteObject(cluster, shop, { uid: 'uid-1', signal });
    await deleteObject(cluster, shop, { uid: 'uid-2', signal });
    expect(bodies.map((body) => JSON.parse(body))).toMatchObject([
      { kind: 'DeleteOptions', preconditions: { uid: 'uid-1' } },
      { kind: 'DeleteOptions', preconditions: { uid: 'uid-2' } },
    ]);
  });

  it('tells whose fields stand against an apply', async () => {
    const cause = (manager: string, field: string) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}" using networking.k8s.io/v1`,
      field,
    });
    const causes = [
      cause('kubectl-edit', '.spec.rules'),
      cause('helm', '.metadata.labels.app'),
      cause('kubectl-edit', '.spec.ingressClassName'),
    ];
    server.handler = (_, response) => answerJson(response, aStatus(409, 'Conflict', { details: { causes } }), 409);
    const error = await failure(applyObject(server.cluster(), shop, { manifest: {}, fieldManager: 'sluice', signal }));
    expect(fieldConflicts(error)).toEqual([
      { manager: 'helm', fields: ['.metadata.labels.app'] },
      { manager: 'kubectl-edit', fields: ['.spec.ingressClassName', '.spec.rules'] },
    ]);
    expect(server.requests[0]).toContain('PATCH ');
    expect(server.requests[0]).toContain('?fieldManager=sluice&force=false');
  });
});
