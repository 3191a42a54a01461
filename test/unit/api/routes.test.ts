import { describe, expect, it } from 'vitest';
import { ClientError } from '../../../src/client/errors.ts';
import { aDocument, aStatus } from '../../support/memory-client.ts';
import { ANYBODY, anApi, ITEM, JSON_TYPE, YAML_TYPE } from './api.ts';

const put = { method: 'PUT', url: ITEM, headers: JSON_TYPE } as const;

describe('PUT', () => {
  it('creates with 201, says unchanged with 200, updates with 200', async () => {
    const { app } = anApi();
    const created = await app.inject({ ...put, payload: aDocument() });
    expect([created.statusCode, created.json()]).toEqual([201, { outcome: 'created', generation: 1 }]);
    const again = await app.inject({ ...put, payload: aDocument() });
    expect([again.statusCode, again.json()]).toEqual([200, { outcome: 'unchanged', generation: 1 }]);
    const updated = await app.inject({ ...put, payload: aDocument({ weight: 7 }) });
    expect([updated.statusCode, updated.json()]).toEqual([200, { outcome: 'updated', generation: 2 }]);
  });

  it.each(['application/yaml', 'application/x-yaml', 'text/yaml', 'application/yaml; charset=utf-8'])(
    'reads %s',
    async (type) => {
      const { app, client } = anApi();
      const payload = `apiVersion: sluice.dev/v1alpha1
kind: FederatedIngress
spec:
  host: shop.example.test
  leaf: { kind: Ingress }
  backends:
    - { name: v1, cluster: east, service: { name: shop, port: 80 } }
`;
      const answer = await app.inject({ ...put, headers: { 'content-type': type }, payload });
      expect(answer.statusCode).toBe(201);
      expect(client.applied[0]?.document).toMatchObject({ metadata: { namespace: 'default', name: 'shop' } });
      expect(client.applied[0]?.steering).toEqual({ ...ANYBODY });
    },
  );

  it('says everything that is wrong with a document, also when its name cannot be one', async () => {
    const { app } = anApi();
    const payload = { ...aDocument({ weight: -1 }), metadata: { name: 'Shop_1' } };
    const answer = await app.inject({ ...put, url: '/v1/federatedingresses/default/Shop_1', payload });
    expect(answer.statusCode).toBe(400);
    const paths = answer.json().issues.map(({ path }: { readonly path: string }) => path);
    expect(paths).toEqual(['metadata.name', 'spec.backends[0].weight']);
  });

  it('answers the plan, in data and in words, for a dry run, and changes nothing', async () => {
    const { app, client } = anApi();
    const answer = await app.inject({ ...put, url: `${ITEM}?dryRun=true`, payload: aDocument() });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ outcome: 'created', plan: { host: 'shop.example.test' } });
    expect(answer.json().text).toMatch(/create Ingress default\/shop/);
    expect(client.statuses.size).toBe(0);
  });

  it.each([
    ['another name', { metadata: { name: 'other' } }, 'metadata.name', /"other".*"shop"/],
    ['another namespace', { metadata: { namespace: 'other' } }, 'metadata.namespace', /"other".*"default"/],
    ['a name that is no string', { metadata: { name: 7 } }, 'metadata.name', /7/],
    ['an unknown field', { ...aDocument(), sepc: {} }, 'sepc', /did you mean "spec"/],
    ['a weight that is no number', aDocument({ weight: -1 }), 'spec.backends[0].weight', /-1/],
    ['metadata that is no object', { ...aDocument(), metadata: 'shop' }, 'metadata', /"shop"/],
    ['a list', [aDocument()], '', /a list of 1/],
    ['a number', 7, '', /found 7/],
  ])('refuses %s by its path', async (_, payload, path, message) => {
    const { app, client } = anApi();
    const answer = await app.inject({ ...put, payload: JSON.stringify(payload) });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    const issue = answer.json().issues.find((each: { path: string }) => each.path === path);
    expect(issue?.message).toMatch(message);
    expect(client.statuses.size).toBe(0);
  });

  it.each([
    ['no body', { ...put, headers: {} }, 400, /found nothing/],
    ['broken YAML', { ...put, headers: YAML_TYPE, payload: 'a: 1\nb: [' }, 400, /line 2, column/],
    [
      'a form',
      { ...put, headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'a=1' },
      415,
      /application\/json or application\/yaml/,
    ],
    ['a body without a type', { ...put, headers: { 'content-type': '' }, payload: 'a: 1' }, 415, /application\/yaml/],
    ['more than 256 KiB', { ...put, payload: `"${'x'.repeat(256 * 1024)}"` }, 413, /256 KiB/],
    [
      'an unknown query',
      { ...put, url: `${ITEM}?dryrun=true`, payload: '{}' },
      400,
      /query\.dryrun.*did you mean "dryRun"/,
    ],
    [
      'a dry run that is neither true nor false',
      { ...put, url: `${ITEM}?dryRun=1`, payload: '{}' },
      400,
      /query\.dryRun/,
    ],
    [
      'a name that cannot be one',
      { method: 'GET', url: '/v1/federatedingresses/default/Shop_1' },
      400,
      /path\.name: found "Shop_1"/,
    ],
    [
      'a namespace longer than a label',
      { method: 'GET', url: `/v1/federatedingresses/${'a'.repeat(64)}/shop` },
      400,
      /path\.namespace/,
    ],
    [
      'a parameter that is very long',
      { ...put, url: `/v1/federatedingresses/${'a'.repeat(5_000)}/shop`, payload: '{}' },
      400,
      /./,
    ],
    ['a path that cannot be decoded', { ...put, url: '/v1/federatedingresses/%zz/shop', payload: '{}' }, 400, /%zz/],
  ])('refuses %s', async (_, request, status, detail) => {
    const { app } = anApi();
    const answer = await app.inject(request);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status, type: expect.stringMatching(/^urn:sluice:problem:/) });
    expect(answer.json().detail).toMatch(detail);
    expect(answer.json().requestId).toBe(answer.headers['x-request-id']);
  });

  it('takes 256 KiB', async () => {
    const { app } = anApi();
    const body = JSON.stringify(aDocument());
    const answer = await app.inject({ ...put, payload: body + ' '.repeat(256 * 1024 - body.length) });
    expect(answer.statusCode).toBe(201);
  });
});

describe('GET and DELETE', () => {
  it('answers the status', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ url: ITEM });
    expect([answer.statusCode, answer.json()]).toEqual([200, aStatus()]);
    expect(answer.headers['x-sluice-stale-since']).toBeUndefined();
  });

  it('lists all, or one namespace', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    client.put(aStatus({ namespace: 'other' }));
    expect((await app.inject({ url: '/v1/federatedingresses' })).json().items).toHaveLength(2);
    const other = await app.inject({ url: '/v1/federatedingresses?namespace=other' });
    expect(other.json()).toEqual({ items: [aStatus({ namespace: 'other' })] });
  });

  it.each([ITEM, '/v1/federatedingresses'])('says since when %s is stale, in the body and in a header', async (url) => {
    const { app, client } = anApi();
    client.put(aStatus());
    client.staleSince = '2026-03-01T12:00:00Z';
    const answer = await app.inject({ url });
    expect(answer.json().staleSince).toBe(client.staleSince);
    expect(answer.headers['x-sluice-stale-since']).toBe(client.staleSince);
  });

  it('accepts a deletion with 202 and its reason', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ method: 'DELETE', url: `${ITEM}?reason=moved%20away` });
    expect(answer.statusCode).toBe(202);
    expect(client.steered[0]).toMatchObject({
      verb: 'delete',
      input: { ...ANYBODY, reason: 'moved away' },
    });
  });

  it.each([
    { query: '?force=true', input: { force: true, ...ANYBODY } },
    { query: '?force=false', input: { ...ANYBODY } },
  ])('hands on how a deletion with $query treats clusters that are away', async ({ query, input }) => {
    const { app, client } = anApi();
    client.put(aStatus());
    expect((await app.inject({ method: 'DELETE', url: `${ITEM}${query}` })).statusCode).toBe(202);
    expect(client.steered[0]?.input).toEqual(input);
  });

  it('refuses any other force, with what is allowed', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ method: 'DELETE', url: `${ITEM}?force=yes` });
    expect([answer.statusCode, answer.json().issues[0].path]).toEqual([400, 'query.force']);
    expect(client.steered).toEqual([]);
  });

  it('refuses a reason of several lines, which would be two lines of a log', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ method: 'DELETE', url: `${ITEM}?reason=a%0Ab` });
    expect(answer.json().issues[0].path).toBe('query.reason');
  });
});

describe('steering', () => {
  it.each(['promote', 'pause', 'resume', 'abort', 'retry', 'undo'])('%s works without a body', async (verb) => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ method: 'POST', url: `${ITEM}/${verb}` });
    expect([answer.statusCode, answer.json()]).toEqual([200, { message: `${verb} of default/shop accepted` }]);
    expect(client.steered).toEqual([{ verb, namespace: 'default', name: 'shop', input: { ...ANYBODY } }]);
  });

  it.each([JSON_TYPE, YAML_TYPE])('works with an empty body of %o', async (headers) => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ method: 'POST', url: `${ITEM}/pause`, headers, payload: '' });
    expect(answer.statusCode).toBe(200);
  });

  it('hands step, full and reason on', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    const payload = { step: 3, full: true, reason: 'looks good' };
    await app.inject({ method: 'POST', url: `${ITEM}/promote`, headers: JSON_TYPE, payload });
    expect(client.steered[0]?.input).toEqual({ ...payload, ...ANYBODY });
  });

  it.each([
    ['undo', { toGeneration: 3, reason: 'too slow' }],
    ['drain', { cluster: 'east', reason: 'kernel update' }],
    ['undrain', { cluster: 'east' }],
  ])('hands what %s says on: %j', async (verb, payload) => {
    const { app, client } = anApi();
    client.put(aStatus());
    await app.inject({ method: 'POST', url: `${ITEM}/${verb}`, headers: JSON_TYPE, payload });
    expect(client.steered).toMatchObject([{ verb, input: { ...payload, ...ANYBODY } }]);
  });

  it('tells our command line from other clients by what it says of itself', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    const doorOf = async (agent: string) => {
      await app.inject({ method: 'POST', url: `${ITEM}/pause`, headers: { 'user-agent': agent } });
      return client.steered.at(-1)?.input.door;
    };
    expect(await doorOf('sluice-cli/1.2.3')).toBe('cli');
    expect(await doorOf('curl/8.0 sluice-cli/1')).toBe('http');
  });

  it.each([
    ['promote', { stpe: 1 }, 'stpe', /did you mean "step"/],
    ['promote', { step: 0 }, 'step', /found 0.*1 to/],
    ['promote', { step: '2' }, 'step', /found "2"/],
    ['promote', { full: 'yes' }, 'full', /true or false/],
    ['abort', { step: 1 }, 'step', /unknown field "step"/],
    ['undo', { toGeneration: 0 }, 'toGeneration', /found 0.*1 to/],
    ['drain', {}, 'cluster', /missing.*the name of a cluster/],
    ['undrain', { cluster: 'East!' }, 'cluster', /found "East!".*such as "east"/],
    ['drain', { cluster: 'east', door: 'kubectl' }, 'door', /unknown field/],
    ['pause', { reason: 'x'.repeat(1_025) }, 'reason', /1024/],
    ['pause', [1], '', /a list/],
  ])('%s refuses %j', async (verb, payload, path, message) => {
    const { app, client } = anApi();
    client.put(aStatus());
    const answer = await app.inject({ method: 'POST', url: `${ITEM}/${verb}`, headers: JSON_TYPE, payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issues[0]).toEqual({ path, message: expect.stringMatching(message) });
    expect(client.steered).toEqual([]);
  });
});

describe('what the client throws', () => {
  it.each([
    ['invalid', 400],
    ['notFound', 404],
    ['hostnameClaimed', 409],
    ['refused', 409],
    ['unavailable', 503],
  ] as const)('%s becomes %i', async (kind, status) => {
    const { app, client } = anApi();
    client.failure = new ClientError(kind, 'because', { issues: [{ path: 'a.b', message: 'wrong' }] });
    const answer = await app.inject({ ...put, payload: aDocument() });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({
      type: `urn:sluice:problem:${kind}`,
      status,
      detail: 'because',
      issues: [{ path: 'a.b', message: 'wrong' }],
    });
    expect(answer.headers['retry-after']).toBe(kind === 'unavailable' ? '5' : undefined);
  });

  it('and nobody foresaw becomes 500 without a word of it, and is logged under the request id', async () => {
    const { app, client, logged } = anApi();
    client.failure = new Error('password=hunter2');
    const answer = await app.inject({ url: ITEM });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    const line = logged().find(({ msg }) => msg === 'request failed');
    expect(line?.['requestId']).toBe(answer.json().requestId);
  });
});

describe('operations', () => {
  it('is alive whatever else is not', async () => {
    const { app } = anApi({ readiness: async () => Promise.reject(new Error('everything is down')) });
    expect((await app.inject({ url: '/healthz' })).json()).toEqual({ status: 'ok', version: '1.2.3' });
  });

  it('is ready when all required components are, else 503 names those that are not', async () => {
    const dns = { component: 'dns', ready: true, required: true, message: 'listens' };
    const east = { component: 'cluster east', ready: false, required: false, message: 'no answer within 2 s' };
    const temporal = {
      component: 'temporal',
      ready: false,
      required: true,
      message: 'no worker polls the task queue sluice',
    };
    const ready = await anApi({ readiness: async () => [dns, east] }).app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, components: [dns, east] }]);
    const unready = await anApi({ readiness: async () => [dns, temporal] }).app.inject({ url: '/readyz' });
    expect([unready.statusCode, unready.json()]).toEqual([503, { ready: false, components: [dns, temporal] }]);
  });

  it('counts and times requests by route template, so that no caller can make new series', async () => {
    const { app, client } = anApi();
    client.put(aStatus());
    await app.inject({ url: ITEM });
    await app.inject({ url: '/some/where' });
    await app.inject({ url: '/else/where' });
    const { body, headers } = await app.inject({ url: '/metrics' });
    expect(headers['content-type']).toMatch('text/plain');
    const route = 'route="/v1/federatedingresses/:namespace/:name"';
    expect(body).toContain(`sluice_http_requests_total{method="GET",${route},status="200"} 1`);
    expect(body).toContain(`sluice_http_request_duration_seconds_count{method="GET",${route},status="200"} 1`);
    expect(body).toContain('sluice_http_requests_total{method="GET",route="unmatched",status="404"} 2');
    expect(body).toMatch(/sluice_build_info\{version="1\.2\.3",node="v\d/);
  });
});
