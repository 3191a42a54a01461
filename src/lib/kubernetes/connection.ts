import { statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { readKubeconfig } from './kubeconfig.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  /** Path and query below the server's URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends requests to one API server, with the credentials of its kubeconfig. */
export interface Connection {
  /** Resolves when the head of the answer is there; aborting the signal ends the body as well. */
  send(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage>;
  /** Has the credentials read again before the next request. */
  renew(): void;
}

/** Idle time before TCP keep-alive probes: a peer that is gone without a word is noticed soon after. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Opens the connection for one context of a kubeconfig. The files are read now, and again whenever one has changed.
 * Throws KubeconfigError; sends nothing yet.
 */
export function connect(kubeconfig: string, context?: string): Connection {
  readKubeconfig(kubeconfig, context);
  let session: Session | undefined;
  return {
    async send(request, signal) {
      if (session && session.stamp !== stampOf(session.files)) session = undefined;
      session ??= await openSession(kubeconfig, context);
      return transmit(session, request, signal);
    },
    renew() {
      session = undefined;
    },
  };
}

interface Session {
  readonly server: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  /** State of the files when they were read. */
  readonly stamp: string;
}

async function openSession(kubeconfig: string, context?: string): Promise<Session> {
  const { server, kubeConfig, files } = readKubeconfig(kubeconfig, context);
  const stamp = stampOf(files);
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const { ca, cert, key } = options;
  // In place of client-node's agent, which opens a connection for each request.
  const agent = new Agent({ ca, cert, key, keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS });
  return { server, agent, headers: credentialHeaders(options), files, stamp };
}

function stampOf(files: readonly string[]): string {
  const states = files.map((file) => statSync(file, { throwIfNoEntry: false }));
  return states.map((state) => (state ? `${state.ino}:${state.size}:${state.mtimeMs}` : 'missing')).join(' ');
}

function transmit(
  session: Session,
  { method, path, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { server, agent } = session;
    const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
    const request = httpsRequest(url, {
      agent,
      method,
      signal,
      headers: { accept: 'application/json', ...session.headers, ...headers, ...lengthOf(body) },
    });
    request.once('response', resolve);
    // Also after the head: the body's reader hears of it from the message itself.
    request.on('error', reject);
    request.end(body);
  });
}

/** Node leaves the length out for DELETE; the body would then be read as the next request on the connection. */
function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

function credentialHeaders({ headers }: RequestOptions): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(entries);
}
