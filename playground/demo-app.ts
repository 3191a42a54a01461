import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from './wait.ts';

/** One version of the demo application in one cluster, with an address of its own. */
export interface DemoInstance {
  readonly version: string;
  readonly cluster: string;
  readonly address: string;
  readonly port: number;
}

/** How an instance behaves; changed by `POST /control` with some of these fields. */
interface Behaviour {
  /** Answers 500 to everything. */
  readonly fail: boolean;
  /** Waits before each answer, milliseconds. */
  readonly delayMs: number;
}

const CONTROL_LIMIT_BYTES = 1_024;
const WELL: Behaviour = { fail: false, delayMs: 0 };

/** Serves one instance: says which version and cluster answered. */
export function serveDemo(instance: DemoInstance): Promise<void> {
  let behaviour = WELL;
  const server = createServer((request, response) => {
    if (request.url === '/control') {
      control(request, response, behaviour).then(
        (next) => (behaviour = next),
        (error: unknown) => send(response, 400, { error: reasonOf(error) }),
      );
      return;
    }
    void answer(instance, behaviour, { request, response });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(instance.port, instance.address, () => resolve());
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(instance: DemoInstance, behaviour: Behaviour, { request, response }: Exchange): Promise<void> {
  if (behaviour.delayMs > 0) await sleep(behaviour.delayMs);
  const { version, cluster } = instance;
  const wantsJson = request.headers.accept?.includes('application/json') === true;
  if (behaviour.fail)
    return send(response, 500, wantsJson ? { error: 'told to fail' } : `${version} ${cluster} was told to fail\n`);
  if (request.url === '/healthz') return send(response, 200, 'ok\n');
  send(
    response,
    200,
    wantsJson ? { version, cluster, host: request.headers.host, path: request.url } : `${version} ${cluster}\n`,
  );
}

async function control(request: IncomingMessage, response: ServerResponse, current: Behaviour): Promise<Behaviour> {
  if (request.method !== 'POST') {
    send(response, 200, current);
    return current;
  }
  const wanted = parseBehaviour(JSON.parse(await readBody(request)));
  const next = { ...current, ...wanted };
  send(response, 200, next);
  return next;
}

function parseBehaviour(value: unknown): Partial<Behaviour> {
  if (typeof value !== 'object' || value === null) throw new Error('expected an object such as {"fail": true}');
  const wanted: { fail?: boolean; delayMs?: number } = {};
  for (const [key, found] of Object.entries(value)) {
    if (key === 'fail' && typeof found === 'boolean') wanted.fail = found;
    else if (key === 'delayMs' && Number.isInteger(found) && found >= 0) wanted.delayMs = found;
    else
      throw new Error(
        `"${key}": ${JSON.stringify(found)} is not allowed; allowed: "fail" (boolean), "delayMs" (0 or more)`,
      );
  }
  return wanted;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > CONTROL_LIMIT_BYTES) throw new Error(`more than ${CONTROL_LIMIT_BYTES} bytes`);
  }
  return body;
}

function send(response: ServerResponse, status: number, body: string | object): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
