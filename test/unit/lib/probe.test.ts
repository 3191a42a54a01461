import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Probe, type ProbeQuestion, probeOf, sendProbe } from '../../../src/lib/probe.ts';
import { SELF_SIGNED } from './self-signed.ts';

const { signal } = new AbortController();
const STATUSES = [{ from: 200, to: 399 }];
const GET: ProbeQuestion = { kind: 'http', path: '/healthz?full', statuses: STATUSES };

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Starts a server on a free port of loopback until the test is over. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const web = (listener: RequestListener): Promise<number> => listen(createServer(listener));
const raw = (onSocket: (socket: Socket) => void): Promise<number> =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined); // the probe may reset it
      onSocket(socket);
    }),
  );

function at(port: number, question: ProbeQuestion = GET, place: Partial<Probe> = {}): Probe {
  const probe = probeOf(question, {
    address: '127.0.0.1',
    host: 'shop.example.test',
    gatewayPort: port,
    timeoutMs: 15_000,
  });
  return { ...probe, ...place };
}

describe('a probe', () => {
  it.each([
    [200, [{ from: 200, to: 299 }], true],
    [299, [{ from: 200, to: 299 }], true],
    [300, [{ from: 200, to: 299 }], false],
    [199, [{ from: 200, to: 299 }], false],
    [
      503,
      [
        { from: 200, to: 200 },
        { from: 500, to: 599 },
      ],
      true,
    ],
    [401, [{ from: 401, to: 401 }], true],
  ])('that is answered %i, where %j pass: %s', async (status, statuses, passes) => {
    const port = await raw((socket) => socket.end(`HTTP/1.1 ${status} Some Text\r\n\r\n`));
    const outcome = await sendProbe(at(port, { kind: 'http', path: '/', statuses }), signal);
    // 199 is an interim answer: what comes after it is missing.
    expect(outcome.kind).toBe(passes ? 'passed' : 'failed');
  });

  it('says what it has asked, what it has seen and what would have passed', async () => {
    const port = await web((_, response) => response.writeHead(503).end('no'));
    expect(await sendProbe(at(port), signal)).toEqual({
      kind: 'failed',
      reason: 'ProbeFailed',
      message: `GET http://127.0.0.1:${port}/healthz?full with Host shop.example.test answered 503 Service Unavailable, wanted is 200-399`,
    });
  });

  it('follows no redirect', async () => {
    const asked: unknown[] = [];
    const port = await web(({ url }, response) => {
      asked.push(url);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await sendProbe(at(port), signal)).toMatchObject({ kind: 'passed' });
    expect(asked).toEqual(['/healthz?full']);
  });

  it('goes to the port and asks for the host of its question', async () => {
    const hosts: unknown[] = [];
    const port = await web(({ headers }, response) => {
      hosts.push(headers.host);
      response.end();
    });
    await sendProbe(at(1, { ...GET, port, hostHeader: 'status.example.test' }), signal);
    expect(hosts).toEqual(['status.example.test']);
  });

  it.each<[string, (socket: Socket) => void, string, number?]>([
    ['never answers', () => {}, 'gave no whole answer within 0.2 s', 200],
    ['answers slowly, octet by octet', dribble, 'gave no whole answer within 0.2 s', 200],
    ['ends in the middle', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'), 'in the middle of its answer'],
    ['speaks another protocol', (socket) => socket.write('220 mail\r\n'), 'something that is not HTTP'],
    ['sends headers without end', flood, 'a head of more than 16384 octets'],
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'failed: '],
  ])('fails at a server that %s', async (_name, onSocket, message, timeoutMs = 15_000) => {
    const port = await raw(onSocket);
    expect(await sendProbe(at(port, GET, { timeoutMs }), signal)).toMatchObject({
      kind: 'failed',
      reason: 'ProbeUnanswered',
      message: expect.stringContaining(message),
    });
  });

  it('fails where nobody listens', async () => {
    expect(await sendProbe(at(1), signal)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('closes its connection, whoever would have gone on', async () => {
    const closed = Promise.withResolvers<void>();
    const port = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      socket.on('close', () => closed.resolve());
    });
    expect(await sendProbe(at(port), signal)).toMatchObject({ kind: 'passed' });
    await closed.promise;
  });

  it('ends at once when it is stopped', async () => {
    const stopping = new AbortController();
    const port = await raw(() => stopping.abort());
    expect(await sendProbe(at(port), stopping.signal)).toMatchObject({ kind: 'impossible' });
    expect(await sendProbe(at(port), stopping.signal)).toMatchObject({ kind: 'impossible' });
  });
});

describe('a probe over TLS', () => {
  it('takes a self-signed certificate, and names the host to the server', async () => {
    const names: unknown[] = [];
    const server = createTlsServer(SELF_SIGNED, (request, response) => {
      names.push([request.headers.host, 'servername' in request.socket && request.socket.servername]);
      response.end('ok');
    });
    const port = await listen(server);
    const outcome = await sendProbe(at(port, { ...GET, kind: 'https' }), signal);
    expect(outcome).toEqual({
      kind: 'passed',
      message: `GET https://127.0.0.1:${port}/healthz?full with Host shop.example.test answered 200 OK`,
    });
    expect(names).toEqual([['shop.example.test', 'shop.example.test']]);
  });

  it('fails at a server that does not speak TLS, or never finishes the handshake', async () => {
    const plain = await web((_, response) => response.end());
    expect(await sendProbe(at(plain, { ...GET, kind: 'https' }), signal)).toMatchObject({ reason: 'ProbeUnanswered' });
    const mute = await raw(() => {});
    expect(await sendProbe(at(mute, { ...GET, kind: 'https' }, { timeoutMs: 200 }), signal)).toMatchObject({
      message: expect.stringContaining('gave no whole answer within 0.2 s'),
    });
  });
});

describe('a probe of a connection', () => {
  it('passes when it opens, and fails when it does not', async () => {
    const port = await raw(() => {});
    const open = await sendProbe(at(port, { kind: 'tcp' }), signal);
    expect(open).toEqual({ kind: 'passed', message: `connection to 127.0.0.1:${port} opened` });
    expect(await sendProbe(at(1, { kind: 'tcp' }), signal)).toEqual({
      kind: 'failed',
      reason: 'ProbeUnanswered',
      message: 'connection to 127.0.0.1:1 failed: connect ECONNREFUSED 127.0.0.1:1',
    });
  });
});

describe('a probe that this machine cannot even try', () => {
  it('is impossible, not failed: without a route', async () => {
    // Nobody may connect to the broadcast address: the kernel refuses before anything is sent.
    expect(await sendProbe(at(80, GET, { address: '255.255.255.255' }), signal)).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining('could not be tried: connect E'),
    });
  });
});

describe('a probe in a process that stood still', () => {
  it('has its time still: an answer that waits to be read counts', async () => {
    const port = await raw((socket) => setTimeout(() => socket.end('HTTP/1.1 200 OK\r\n\r\n'), 20));
    const probing = sendProbe(at(port, GET, { timeoutMs: 1_000 }), signal);
    standStill(2_000);
    expect(await probing).toMatchObject({ kind: 'passed' });
  });

  it('fails all the same when nothing comes', async () => {
    const port = await raw(() => {});
    const probing = sendProbe(at(port, GET, { timeoutMs: 100 }), signal);
    standStill(600);
    expect(await probing).toMatchObject({ message: expect.stringContaining('gave no whole answer within 0.1 s') });
  });
});

function dribble(socket: Socket): void {
  const text = 'HTTP/1.1 200 OK\r\n'.padEnd(1_000, 'x');
  let sent = 0;
  const timer = setInterval(() => socket.write(text[sent++] ?? 'x'), 10);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\n${'x-pad: y\r\n'.repeat(5_000)}`);
}

function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
