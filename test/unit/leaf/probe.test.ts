import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Probe } from '../../../src/lib/probe.ts';
import { sendProbe } from '../../../src/planes/leaf/probe.ts';

const { signal } = new AbortController();

let server: Server;
let answer: RequestListener;
let probe: Probe;
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  probe = {
    question: { kind: 'http', path: '/healthz?full', statuses: [{ from: 200, to: 399 }] },
    address: '127.0.0.1',
    port: address.port,
    host: 'shop.example.test',
    timeoutMs: 15_000,
  };
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('a probe from outside', () => {
  it.each([200, 204, 301, 399])('passes with %i', async (status) => {
    answer = (_, response) => response.writeHead(status).end();
    expect(await sendProbe(probe, signal)).toEqual({ kind: 'passed' });
  });

  it('asks for the hostname, on a connection of its own', async () => {
    const seen: unknown[] = [];
    answer = ({ method, url, headers }, response) => {
      seen.push({ method, url, host: headers.host, connection: headers.connection });
      response.end();
    };
    await sendProbe(probe, signal);
    expect(seen).toEqual([{ method: 'GET', url: '/healthz?full', host: 'shop.example.test', connection: 'close' }]);
  });

  it('names the backend that is meant, also when it tells of it', async () => {
    let seen: unknown;
    answer = ({ headers }, response) => {
      seen = headers['sluice-backend'];
      response.writeHead(500).end();
    };
    const outcome = await sendProbe({ ...probe, headers: { 'Sluice-Backend': 'v2' } }, signal);
    expect(seen).toBe('v2');
    expect(outcome).toMatchObject({
      message: expect.stringContaining('shop.example.test, Sluice-Backend v2 answered'),
    });
  });

  it('says what it has seen instead', async () => {
    answer = (_, response) => response.writeHead(503).end();
    expect(await sendProbe(probe, signal)).toEqual({
      kind: 'failed',
      reason: 'ProbeFailed',
      message: `GET http://127.0.0.1:${probe.port}/healthz?full with Host shop.example.test answered 503 Service Unavailable, wanted is 200-399`,
    });
  });

  it.each<[string, RequestListener]>([
    ['never', () => {}],
    ['with half an answer', (_, response) => response.writeHead(200).write('h')],
  ])('fails at its time-out when it is answered %s', async (_name, listener) => {
    answer = listener;
    expect(await sendProbe({ ...probe, timeoutMs: 200 }, signal)).toMatchObject({
      reason: 'ProbeUnanswered',
      message: expect.stringContaining('gave no whole answer within 0.2 s'),
    });
  });

  it('fails when the connection is refused or reset', async () => {
    expect(await sendProbe({ ...probe, port: 1 }, signal)).toMatchObject({
      reason: 'ProbeUnanswered',
      message: expect.stringContaining('failed: connect ECONNREFUSED 127.0.0.1:1'),
    });
    answer = (request) => request.socket.destroy();
    expect(await sendProbe(probe, signal)).toMatchObject({ reason: 'ProbeUnanswered' });
  });

  it('reads no more than it needs of an answer without end', async () => {
    answer = (_, response) => {
      const pump = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', pump);
      pump();
    };
    expect(await sendProbe(probe, signal)).toEqual({ kind: 'passed' });
  });
});
