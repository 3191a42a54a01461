import { get, type IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { readEvents } from '../../../src/client/http/event-stream.ts';
import { aStatus } from '../../support/memory-client.ts';
import { SOON } from '../../support/until.ts';
import { aListeningApi, ITEM } from './api.ts';

describe('GET .../events', () => {
  it('streams statuses, heartbeats and the end', async () => {
    const { url, client } = await aListeningApi({ heartbeatMs: 20 });
    client.put(aStatus());
    const { response, text } = await open(`${url}${ITEM}/events`);
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(response.headers['x-request-id']).toBeDefined();
    await vi.waitFor(() => expect(text()).toMatch(/^event: status\ndata: \{.*\}\n\n/), SOON);
    await vi.waitFor(() => expect(text()).toContain('\n\n: alive\n\n'), SOON);
    client.staleSince = '2026-03-01T12:00:00Z';
    client.put(aStatus({ generation: 2 }));
    await vi.waitFor(() => expect(text()).toContain('"generation":2'), SOON);
    expect(text()).toContain('"staleSince":"2026-03-01T12:00:00Z"');
    client.remove('default', 'shop');
    await vi.waitFor(() => expect(response.complete).toBe(true), SOON);
    expect(text()).toMatch(/event: end\ndata: \{"namespace":"default","name":"shop"\}\n\n$/);
  });

  it('is an ordinary 404 for what is not there', async () => {
    const { url } = await aListeningApi();
    const { response, text } = await open(`${url}${ITEM}/events`);
    expect(response.statusCode).toBe(404);
    await vi.waitFor(() => expect(text()).toMatch(/urn:sluice:problem:notFound/), SOON);
  });

  it('says in an event what broke in the middle', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    const { response, text } = await open(`${url}${ITEM}/events`);
    client.failure = new Error('password=hunter2');
    client.changed();
    await vi.waitFor(() => expect(response.complete).toBe(true), SOON);
    expect(text()).toMatch(/event: problem\ndata: \{"type":"urn:sluice:problem:internal"/);
    expect(text()).not.toContain('hunter2');
  });

  it('stops watching when the client goes', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    const { response } = await open(`${url}${ITEM}/events`);
    expect(client.watching).toBe(1);
    response.destroy();
    await vi.waitFor(() => expect(client.watching).toBe(0), SOON);
  });

  it('ends when the server closes, so that closing does not wait for watchers', async () => {
    const { url, client, app } = await aListeningApi();
    client.put(aStatus());
    const { response } = await open(`${url}${ITEM}/events`);
    await app.close();
    await vi.waitFor(() => expect(response.complete).toBe(true), SOON);
    expect(client.watching).toBe(0);
  });

  // More than the buffers of a loopback connection hold.
  const large = 'x'.repeat(32 * 1024 * 1024);

  it('gives a client that reads slowly the newest status instead of all that it missed', async () => {
    const { url, client } = await aListeningApi();
    client.put(aStatus());
    const { response, text } = await open(`${url}${ITEM}/events`);
    response.pause();
    client.put(aStatus({ generation: 2, message: large }));
    for (let generation = 3; generation <= 50; generation += 1) client.put(aStatus({ generation }));
    response.resume();
    await vi.waitFor(() => expect(text().slice(-2_000)).toContain('"generation":50'), SOON);
    const generations = [...text().matchAll(/"generation":(\d+)/g)].map(([, generation]) => Number(generation));
    expect(generations).toEqual([1, 2, 50]);
  });

  it('cuts off a client that reads nothing', async () => {
    const { url, client } = await aListeningApi({ heartbeatMs: 50 });
    client.put(aStatus());
    const { response } = await open(`${url}${ITEM}/events`);
    response.pause();
    client.put(aStatus({ message: large }));
    await vi.waitFor(() => expect(client.watching).toBe(0), SOON);
    response.destroy();
  });

  it('does not begin for HEAD, which has no body and would not end', async () => {
    const { app, client } = await aListeningApi();
    client.put(aStatus());
    expect((await app.inject({ method: 'HEAD', url: `${ITEM}/events` })).statusCode).toBe(404);
  });
});

describe('reading server-sent events', () => {
  const stream = ': hello\r\n\r\nevent: a\r\ndata: 1\r\ndata:2\r\n\r\nid: 7\ndata: über\n\nevent: b\n\ndata: cut';

  it.each([1, 2, 3, 7, 1_000])('does not care where the chunks end: %i bytes each', async (size) => {
    const bytes = Buffer.from(stream);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const events = [];
    for await (const event of readEvents(iterate(chunks))) events.push(event);
    expect(events).toEqual([
      { event: 'a', data: '1\n2' },
      { event: 'message', data: 'über' },
    ]);
  });
});

async function* iterate(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

async function open(url: string): Promise<{ response: IncomingMessage; text: () => string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => get(url, resolve).on('error', reject));
  let received = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  response.on('error', () => undefined);
  return { response, text: () => received };
}
