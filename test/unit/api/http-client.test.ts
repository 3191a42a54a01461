import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Reading } from '../../../src/client/client.ts';
import { ClientError } from '../../../src/client/errors.ts';
import { createHttpClient } from '../../../src/client/http/http-client.ts';
import type { Status } from '../../../src/workflows/status.ts';
import { aDocument, aStatus } from '../../support/memory-client.ts';
import { SOON } from '../../support/until.ts';
import { ANYBODY, aListeningApi, tokenAuth } from './api.ts';

describe('the HTTP client against the API', () => {
  it('applies, previews, reads, lists and steers as the client behind the API does', async () => {
    const { url, client } = await aListeningApi();
    const http = createHttpClient({ server: `${url}/` });
    expect((await http.preview(aDocument())).text).toMatch(/create Ingress/);
    expect(await http.apply(aDocument(), { reason: 'first' })).toEqual({ outcome: 'created', generation: 1 });
    expect(client.applied[0]?.steering).toEqual({ ...ANYBODY, reason: 'first' });
    expect(await http.get('default', 'shop')).toEqual({ value: aStatus() });
    expect(await http.list()).toEqual({ value: [aStatus()] });
    expect(await http.list('other')).toEqual({ value: [] });
    const promoted = await http.steer('promote', 'default', 'shop', { actor: 'me', step: 2, full: true });
    expect(promoted).toEqual({ message: 'promote of default/shop accepted' });
    await http.steer('delete', 'default', 'shop', { reason: 'done' });
    await http.steer('delete', 'default', 'shop', { force: true });
    expect(client.steered.map(({ verb, input }) => [verb, input])).toEqual([
      ['promote', { ...ANYBODY, step: 2, full: true }],
      ['delete', { ...ANYBODY, reason: 'done' }],
      ['delete', { ...ANYBODY, force: true }],
    ]);
  });

  it('keeps since when a reading is stale', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    client.staleSince = '2026-03-01T12:00:00Z';
    const http = createHttpClient({ server: url });
    expect(await http.get('default', 'shop')).toEqual({ value: aStatus(), staleSince: client.staleSince });
    expect((await http.list()).staleSince).toBe(client.staleSince);
  });

  it('throws the error of the client behind the API, with its words and issues', async () => {
    const { url, client } = await aListeningApi();
    const http = createHttpClient({ server: url });
    const issues = [{ path: 'spec.host', message: 'taken' }];
    for (const kind of ['invalid', 'hostnameClaimed', 'notFound', 'refused', 'unavailable'] as const) {
      client.failure = new ClientError(kind, `because ${kind}`, { issues });
      const error = await http.get('default', 'shop').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ClientError);
      expect(error).toMatchObject({ kind, message: `because ${kind}`, issues });
    }
  });

  it('sends the token, and says what the server says without one', async () => {
    const { url } = await aListeningApi({ auth: tokenAuth });
    expect(await createHttpClient({ server: url, token: 'viewer-token' }).list()).toEqual({ value: [] });
    await expect(createHttpClient({ server: url }).list()).rejects.toThrow(/a token is needed.*SLUICE_TOKEN/);
    const viewer = createHttpClient({ server: url, token: 'viewer-token' });
    await expect(viewer.apply(aDocument(), {})).rejects.toThrow(/viewer-name is a viewer;.*needs admin/);
  });

  it('tells what is not ready', async () => {
    const readiness = async () => [
      { component: 'dns', ready: true, required: true, message: 'listens' },
      { component: 'temporal', ready: false, required: true, message: 'nobody polls' },
    ];
    const { url } = await aListeningApi({ readiness });
    expect(await createHttpClient({ server: url }).health()).toEqual(['temporal: nobody polls']);
  });

  it.each([[{}], [{ metadata: {} }], [{ metadata: { name: 7 } }], ['text'], [null]])(
    'cannot place %j',
    async (document) => {
      const http = createHttpClient({ server: 'http://127.0.0.1:1' });
      await expect(http.apply(document, {})).rejects.toMatchObject({
        kind: 'invalid',
        issues: [{ path: 'metadata.name' }],
      });
    },
  );
});

describe('the HTTP client against anything else', () => {
  it.each(['127.0.0.1:8080', 'localhost', 'ftp://host', ''])('refuses the server %j', (server) => {
    expect(() => createHttpClient({ server })).toThrow(/--server or SLUICE_SERVER/);
  });

  it('says which server it tried, how to name another and how to start one', async () => {
    const { url, app } = await aListeningApi();
    await app.close();
    const error = await createHttpClient({ server: url })
      .list()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(String(error)).toContain(`no answer from ${url}: connection refused`);
    expect(String(error)).toMatch(/npm start.*sluice serve.*--server or SLUICE_SERVER/);
  });

  it.each<[string, RequestListener, RegExp]>([
    ['a page', (_, reply) => reply.setHeader('content-type', 'text/html').end('<html>'), /else than JSON/],
    [
      '404 of another server',
      (_, reply) => reply.writeHead(404, { 'content-type': 'text/html' }).end('no'),
      /404 text\/html.*address right/,
    ],
    ['502 of a proxy', (_, reply) => reply.writeHead(502).end(), /502/],
    ['a redirect', (_, reply) => reply.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /302/],
    ['other JSON', (_, reply) => reply.end('{"items":[{"name":1}]}'), /items\.0\.\w+.*same version/],
    [
      'half an answer',
      (_, reply) => {
        reply.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => reply.destroy());
      },
      /no answer from/,
    ],
  ])('makes an error of %s', async (_, listener, message) => {
    const http = createHttpClient({ server: await aServer(listener), token: 'secret' });
    const error = await http.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClientError);
    expect(String(error)).toMatch(message);
  });
});

describe('watch', () => {
  it('gives the status at once and at each change, and ends when the object is gone', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    const seen: Reading<Status>[] = [];
    const watched = createHttpClient({ server: url }).watch(
      'default',
      'shop',
      (reading) => seen.push(reading),
      never(),
    );
    await vi.waitFor(() => expect(seen).toEqual([{ value: aStatus() }]), SOON);
    client.put(aStatus({ generation: 2 }));
    await vi.waitFor(() => expect(seen).toHaveLength(2), SOON);
    client.remove('default', 'shop');
    await watched;
    expect(seen.map(({ value }) => value.generation)).toEqual([1, 2]);
  });

  it('answers 404 for what is not there', async () => {
    const { url } = await aListeningApi();
    const http = createHttpClient({ server: url });
    await expect(http.watch('default', 'shop', () => undefined, never())).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('lets the server go when it is aborted', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    const abort = new AbortController();
    const seen: Reading<Status>[] = [];
    const watched = createHttpClient({ server: url }).watch(
      'default',
      'shop',
      (reading) => seen.push(reading),
      abort.signal,
    );
    await vi.waitFor(() => expect(client.watching).toBe(1), SOON);
    abort.abort();
    await watched;
    await vi.waitFor(() => expect(client.watching).toBe(0), SOON);
  });

  it('shows the last status as stale while the server is away, and goes on after its return', async () => {
    const first = await aListeningApi();
    first.client.put(aStatus());
    const seen: Reading<Status>[] = [];
    const abort = new AbortController();
    const watched = createHttpClient({ server: first.url }).watch(
      'default',
      'shop',
      (reading) => seen.push(reading),
      abort.signal,
    );
    await vi.waitFor(() => expect(seen).toHaveLength(1), SOON);
    await first.app.close();
    await vi.waitFor(() => expect(seen[1]?.staleSince).toMatch(/^\d{4}-/), SOON);
    const second = await import('./api.ts').then(({ anApi }) => anApi());
    second.client.put(aStatus({ generation: 2 }));
    await second.app.listen({ host: '127.0.0.1', port: Number(new URL(first.url).port) });
    await vi.waitFor(() => expect(seen.at(-1)).toEqual({ value: aStatus({ generation: 2 }) }), SOON);
    abort.abort();
    await watched;
  });

  it('goes on after the server lost Temporal in the middle', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    const seen: Reading<Status>[] = [];
    const abort = new AbortController();
    const watched = createHttpClient({ server: url }).watch(
      'default',
      'shop',
      (reading) => seen.push(reading),
      abort.signal,
    );
    await vi.waitFor(() => expect(seen).toHaveLength(1), SOON);
    client.failure = new ClientError('unavailable', 'Temporal is away');
    client.changed();
    await vi.waitFor(() => expect(seen.at(-1)?.staleSince).toBeDefined(), SOON);
    client.failure = undefined;
    await vi.waitFor(() => expect(seen.at(-1)).toEqual({ value: aStatus() }), SOON);
    abort.abort();
    await watched;
  });
});

function never(): AbortSignal {
  return new AbortController().signal;
}

async function aServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}
