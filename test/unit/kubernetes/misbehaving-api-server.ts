import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Cluster, type ClusterConfig, openCluster } from '../../../src/lib/kubernetes/cluster.ts';
import type { KubernetesMetrics } from '../../../src/lib/kubernetes/metrics.ts';

/** A self-signed certificate for 127.0.0.1 and its key, for tests and nothing else. */
const certificate = readFileSync(new URL('./tls/certificate.pem', import.meta.url), 'utf8');
const key = readFileSync(new URL('./tls/key.pem', import.meta.url), 'utf8');

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTPS server that does what a real API server cannot be told to do. */
export class MisbehavingApiServer {
  readonly directory = mkdtempSync(join(tmpdir(), 'sluice-kubernetes-'));
  readonly kubeconfig = join(this.directory, 'kubeconfig');
  /** `GET /path?query`, in order. */
  readonly requests: string[] = [];
  readonly tokens: (string | undefined)[] = [];
  handler: Handler = (_request, response) => response.writeHead(503).end();
  readonly #server = createServer({ cert: certificate, key }, (request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    this.tokens.push(request.headers.authorization);
    this.handler(request, response);
  });

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.writeKubeconfig();
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.directory, { recursive: true });
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return `https://127.0.0.1:${address.port}`;
  }

  writeKubeconfig(user: object = { token: 'secret' }, cluster: object = {}): void {
    const ca = Buffer.from(certificate).toString('base64');
    const document = {
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority-data': ca, ...cluster } }],
      users: [{ name: 'test', user }],
    };
    writeFileSync(this.kubeconfig, stringify(document));
  }

  config(name = 'east'): ClusterConfig {
    return {
      name,
      kubeconfig: { kind: 'file', path: this.kubeconfig },
      labels: {},
      gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
      classes: { ingress: {}, gateway: {} },
    };
  }

  cluster(metrics?: KubernetesMetrics): Cluster {
    return openCluster(this.config(), metrics);
  }
}

export function anIngress(overrides: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace: 'default', name: 'shop', uid: 'uid-1', resourceVersion: '10', ...metadata },
    ...overrides,
  };
}

export function anIngressList(...items: readonly object[]): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'IngressList', metadata: { resourceVersion: '11' }, items };
}

export function aStatus(code: number, reason: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', message: `${reason} it is`, reason, code, ...more };
}

export function answerJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Starts a watch answer; events are written to the response as they come. */
export function openWatch(response: ServerResponse, ...events: readonly object[]): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

export function writeEvent(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

export function isWatch(request: IncomingMessage): boolean {
  return request.url?.includes('watch=true') === true;
}
