import { statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type KubeconfigSource, readKubeconfig } from './kubeconfig.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer goes on for minutes, so it does not wait for, or use up, the connections of the others. */
  readonly stream?: true;
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
/** Requests to one cluster at a time; the others wait for a connection, as a part of their deadline. */
const REQUEST_SOCKETS = 32;
/** For audit logs; the API server takes what is before a slash for the name of the field manager as well. */
const USER_AGENT = 'sluice';

/**
 * Opens the connection for one context of a kubeconfig. What it names is read now, and again whenever a file has
 * changed. Throws KubeconfigError; sends nothing yet.
 */
export function connect(kubeconfig: KubeconfigSource): Connection {
  readKubeconfig(kubeconfig);
  return connectLater(kubeconfig);
}

/** As `connect`, but a kubeconfig that is not accepted fails the requests, which may do better when it has changed. */
export function connectLater(kubeconfig: KubeconfigSource): Connection {
  let session: Session | undefined;
  const end = (): void => {
    if (session) retire(session);
    session = undefined;
  };
  return {
    async send(request, signal) {
      if (session && session.stamp !== stampOf(session.files)) end();
      session ??= openSession(kubeconfig);
      return await transmit(session, request, signal);
    },
    renew: end,
  };
}

/** A request with a body of JSON. */
export function jsonRequest(method: HttpRequest['method'], path: string, body: object): HttpRequest {
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

interface Session {
  readonly server: URL;
  readonly requests: Agent;
  readonly streams: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  /** State of the files when they were read. */
  readonly stamp: string;
}
function openSession(kubeconfig: KubeconfigSource): Session {
  const { server, files, token, ...tls } = readKubeconfig(kubeconfig);
  const options = { ...tls, keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
  return {
    server,
    requests: new Agent({ ...options, maxSockets: REQUEST_SOCKETS }),
    streams: new Agent(options),
    headers: {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    files,
    stamp: stampOf(files),
  };
}

/** Closes what is idle now, and what is still in use when it is done. */
function retire({ requests, streams }: Session): void {
  for (const agent of [requests, streams]) {
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

function stampOf(files: readonly string[]): string {
  const states = files.map((file) => statSync(file, { throwIfNoEntry: false }));
  return states.map((state) => (state ? `${state.ino}:${state.size}:${state.mtimeMs}` : 'missing')).join(' ');
}

function transmit(
  session: Session,
  { method, path, headers, body, stream }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { server, requests, streams } = session;
    const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
    const request = httpsRequest(url, {
      agent: stream ? streams : requests,
      method,
      signal,
      headers: { ...session.headers, ...headers, ...lengthOf(body) },
    });
    // One that still waits for a connection hears of its end from Node no sooner than it has got one.
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    request.once('close', () => signal.removeEventListener('abort', giveUp));
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
