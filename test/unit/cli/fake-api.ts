import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly token: string | undefined;
  /** Its User-Agent. */
  readonly agent: string | undefined;
  readonly body: unknown;
}

/** Answers one request; a function decides by what was asked. */
export type Answer = (asked: Asked, response: ServerResponse) => void;

/** A server on a free loopback port that answers as a test says, and remembers what it was asked. */
export async function startFakeApi(answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void readAsked(request).then((one) => {
      asked.push(one);
      return answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function problem(response: ServerResponse, status: number, kind: string, fields: object = {}): void {
  const type = `urn:sluice:problem:${kind}`;
  json(response, status, {
    type,
    title: kind,
    status,
    detail: `it is ${kind}`,
    issues: [],
    requestId: 'r1',
    ...fields,
  });
}

/** Server-sent events; ends the stream only when `end` is among them. */
export function events(response: ServerResponse, ...statuses: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const status of statuses) {
    if (status === 'end') response.end('event: end\ndata: {}\n\n');
    else response.write(`event: status\ndata: ${JSON.stringify(status)}\n\n`);
  }
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const body = await text(request);
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    token: request.headers.authorization,
    agent: request.headers['user-agent'],
    body: body === '' ? undefined : JSON.parse(body),
  };
}
