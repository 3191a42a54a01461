import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { ApiServerAccess } from './playground-control.ts';

/** How an API server misbehaves. */
export type Fault =
  | { readonly kind: 'pass' }
  /** Credentials that are not (any more) good. */
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'tooManyRequests'; readonly retryAfterSeconds: number }
  | { readonly kind: 'internalError' }
  /** One that has just begun and does not know its kinds yet. */
  | { readonly kind: 'notFound' }
  /** A captive portal or a load balancer without a server: 200 with a page. */
  | { readonly kind: 'html' }
  /** Each answer begins that much later. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Connections are taken and nothing is ever said, in open watches neither. */
  | { readonly kind: 'blackHole' }
  /** Nothing listens. */
  | { readonly kind: 'closed' };

/**
 * Stands before an API server of the playground, at its address and with its certificate, and misbehaves when told to. Clients
 * come by its kubeconfig. Changing the fault cuts what is open, watches above all, so that the client meets the new one at once;
 * only a black hole leaves everything open and silent.
 */
export class FaultProxy {
  /** Of the same user and context as that of the API server. */
  readonly kubeconfig: string;
  readonly #directory: string;
  readonly #target: ApiServerAccess;
  readonly #upstream: URL;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #port = 0;
  #fault: Fault = { kind: 'pass' };
  #requests = 0;

  private constructor(target: ApiServerAccess) {
    this.#target = target;
    this.#directory = mkdtempSync(join(tmpdir(), 'sluice-fault-'));
    this.kubeconfig = join(this.#directory, 'kubeconfig');
    this.#upstream = new URL(readServer(target.kubeconfig));
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(target.certificate.certificateFile) });
    this.#server = this.#newServer();
  }

  /** Starts one that lets everything pass. */
  static async start(target: ApiServerAccess): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.#listen();
    const config = readFileSync(target.kubeconfig, 'utf8').replaceAll(
      readServer(target.kubeconfig),
      `https://${target.address}:${proxy.#port}`,
    );
    writeFileSync(proxy.kubeconfig, config, { mode: 0o600 });
    return proxy;
  }

  /** Requests that have come since the start, whatever was answered. */
  get requests(): number {
    return this.#requests;
  }

  async become(fault: Fault): Promise<void> {
    const wasClosed = this.#fault.kind === 'closed';
    this.#fault = fault;
    if (fault.kind === 'blackHole') return;
    this.#cut();
    if (fault.kind === 'closed') return await this.#close();
    if (wasClosed) await this.#listen();
  }

  async stop(): Promise<void> {
    await this.become({ kind: 'closed' });
    this.#agent.destroy();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #newServer(): Server {
    const { certificateFile, keyFile } = this.#target.certificate;
    const server = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (call, answer) => {
      this.#requests += 1;
      void this.#answer(call, answer);
    });
    return server;
  }

  async #listen(): Promise<void> {
    // The same port again after a time without one: clients keep to their kubeconfig.
    this.#server.listen(this.#port, this.#target.address);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the fault proxy has no port');
    this.#port = address.port;
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #answer(call: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.#fault;
    switch (fault.kind) {
      case 'pass':
        return this.#forward(call, answer);
      case 'slow':
        await sleep(fault.delayMs);
        return this.#forward(call, answer);
      case 'unauthorized':
        return sendStatus(answer, { code: 401, reason: 'Unauthorized' });
      case 'tooManyRequests':
        return sendStatus(answer, {
          code: 429,
          reason: 'TooManyRequests',
          headers: { 'retry-after': String(fault.retryAfterSeconds) },
        });
      case 'internalError':
        return sendStatus(answer, { code: 500, reason: 'InternalError' });
      case 'notFound':
        return sendStatus(answer, { code: 404, reason: 'NotFound' });
      case 'html':
        answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>\n');
        return;
      case 'blackHole':
      case 'closed':
        return;
      default:
        fault satisfies never;
    }
  }

  #forward(call: IncomingMessage, answer: ServerResponse): void {
    const { method, url, headers } = call;
    const target = new URL(url ?? '/', this.#upstream);
    const onward = request(target, { method, headers, agent: this.#agent }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      // Watches stay open without a word for long: the client has to learn at once that it has one.
      answer.flushHeaders();
      response.on('data', (chunk: Buffer) => {
        if (this.#fault.kind !== 'blackHole') answer.write(chunk);
      });
      response.on('end', () => {
        if (this.#fault.kind !== 'blackHole') answer.end();
      });
      // An API server that is killed breaks off, and so does this.
      response.on('error', () => answer.destroy());
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    call.pipe(onward);
  }
}

interface StatusAnswer {
  readonly code: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as an API server sends it: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
function sendStatus(answer: ServerResponse, { code, reason, headers }: StatusAnswer): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code };
  answer.writeHead(code, { 'content-type': 'application/json', ...headers }).end(`${JSON.stringify(status)}\n`);
}

function readServer(kubeconfig: string): string {
  const config: { readonly clusters?: readonly { readonly cluster: { readonly server: string } }[] } = parse(
    readFileSync(kubeconfig, 'utf8'),
  );
  const server = config.clusters?.[0]?.cluster.server;
  if (server === undefined) throw new Error(`${kubeconfig} has no cluster`);
  return server;
}
