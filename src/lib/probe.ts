import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { formatAddress } from './address.ts';
import { AnswerReader, type AnswerState } from './answer-reader.ts';

/** What is asked: one GET, in the clear or over TLS, or no more than a connection. */
export type ProbeQuestion =
  | {
      readonly kind: 'http' | 'https';
      readonly path: string;
      readonly hostHeader?: string;
      readonly port?: number;
      /** Status codes that pass, both ends included. */
      readonly statuses: readonly StatusRange[];
    }
  | { readonly kind: 'tcp'; readonly port?: number };

interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** A question and where it is sent. */
export interface Probe {
  readonly question: ProbeQuestion;
  readonly address: string;
  readonly port: number;
  /** The Host header and server name: which hostname is asked for at the address. */
  readonly host: string;
  /** Besides Host and what every probe says of itself; names and values are sent as they are. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For all of it, from the first packet to the end of the answer. */
  readonly timeoutMs: number;
}

/** `impossible`: this machine could not even try, so nothing is known of the other side. Unknown is not down. */
export type ProbeOutcome =
  | { readonly kind: 'passed'; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: 'ProbeFailed' | 'ProbeUnanswered'; readonly message: string }
  | { readonly kind: 'impossible'; readonly message: string };

export interface ProbePlace {
  readonly address: string;
  /** The hostname that is to be served at the address. */
  readonly host: string;
  /** To be sent besides, such as the backend that is meant. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the gateway is asked when the question names no port. */
  readonly gatewayPort: number;
  readonly timeoutMs: number;
}

/** The probe that puts a question to one address. */
export function probeOf(question: ProbeQuestion, place: ProbePlace): Probe {
  const { gatewayPort, host, ...rest } = place;
  const hostHeader = question.kind === 'tcp' ? undefined : question.hostHeader;
  return { ...rest, question, port: question.port ?? gatewayPort, host: hostHeader ?? host };
}

/** Sends one probe over a connection of its own; redirects are not followed. Never throws; ends early with the signal. */
export async function sendProbe(probe: Probe, signal: AbortSignal): Promise<ProbeOutcome> {
  const end = await exchange(probe, signal);
  const asked = describe(probe);
  switch (end.kind) {
    case 'connected':
      return { kind: 'passed', message: `${asked} opened` };
    case 'whole':
      return judgeStatus(probe.question, end, asked);
    case 'broken':
      return { kind: 'failed', reason: 'ProbeUnanswered', message: `${asked} ${end.message}` };
    case 'impossible':
      return { kind: 'impossible', message: `${asked} could not be tried: ${end.message}` };
    default:
      return end satisfies never;
  }
}

function judgeStatus(question: ProbeQuestion, { status, statusText }: Whole, asked: string): ProbeOutcome {
  const message = `${asked} answered ${status} ${statusText}`.trimEnd();
  const statuses = question.kind === 'tcp' ? [] : question.statuses;
  if (statuses.some(({ from, to }) => status >= from && status <= to)) return { kind: 'passed', message };
  const wanted = statuses.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  return { kind: 'failed', reason: 'ProbeFailed', message: `${message}, wanted is ${wanted}` };
}

function describe({ question, address, port, host, headers = {} }: Probe): string {
  const authority = formatAddress({ host: address, port });
  if (question.kind === 'tcp') return `connection to ${authority}`;
  const others = Object.entries(headers).map(([name, value]) => `, ${name} ${value}`);
  return `GET ${question.kind}://${authority}${question.path} with Host ${host}${others.join('')}`;
}

type Whole = Extract<AnswerState, { kind: 'whole' }>;
type End =
  | Exclude<AnswerState, { kind: 'partial' }>
  | { readonly kind: 'connected' }
  | { readonly kind: 'impossible'; readonly message: string };

/**
 * A deadline that is noticed so much later, milliseconds, tells that this process stood still. The answer may well be here
 * and unread, so the probe gets the lost time back, once.
 */
const STALL_MS = 250;

function exchange(probe: Probe, signal: AbortSignal): Promise<End> {
  return new Promise((resolve) => {
    const { question, timeoutMs } = probe;
    const began = performance.now();
    let isFirstTurn = true;
    setImmediate(() => {
      isFirstTurn = false;
    });
    const socket = open(probe);
    const finish = (end: End): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      close(socket, end);
      resolve(end);
    };
    const stop = (): void => finish({ kind: 'impossible', message: 'the probe was stopped' });
    const giveUp = (): void => finish({ kind: 'broken', message: `gave no whole answer within ${timeoutMs / 1000} s` });
    let timer = setTimeout(() => {
      const lateMs = performance.now() - began - timeoutMs;
      if (lateMs > STALL_MS) timer = setTimeout(giveUp, Math.min(lateMs, timeoutMs));
      else giveUp();
    }, timeoutMs);
    signal.addEventListener('abort', stop);
    socket.on('error', (error: NodeJS.ErrnoException) => finish(failure(error, isFirstTurn)));
    if (question.kind === 'tcp') socket.once('connect', () => finish({ kind: 'connected' }));
    else converse(socket, requestText(probe, question.path), finish);
    if (signal.aborted) stop();
  });
}

/** Sends the request and reads the answer. */
function converse(socket: Socket, request: string, finish: (end: End) => void): void {
  const reader = new AnswerReader();
  const look = (state: AnswerState): void => {
    if (state.kind !== 'partial') finish(state);
  };
  socket.on('data', (chunk: Buffer) => look(reader.add(chunk)));
  socket.on('end', () => look(reader.end()));
  socket.write(request);
}

/** `connection: close`: a kept connection would go on to a gateway that takes no new ones. */
function requestText({ host, headers = {} }: Probe, path: string): string {
  const fields = { host, 'user-agent': 'sluice-probe', accept: '*/*', ...headers, connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function open({ question, address, port, host }: Probe): Socket {
  if (question.kind !== 'https') return connectTcp({ host: address, port });
  const serverName = host.replace(/:[0-9]+$/, '');
  return connectTls({
    host: address,
    port,
    ...(isIP(serverName) === 0 && { servername: serverName }),
    ALPNProtocols: ['http/1.1'],
    secureContext: secureContext(),
    // The question is whether the gateway serves, not who it is: its certificate of the hostname may be self-signed, or of
    // an authority that only the clients know. Nothing secret is sent, and the answer is believed only as to its status.
    rejectUnauthorized: false,
  });
}

let sharedContext: SecureContext | undefined;

/** Made once: loading the system's authorities for each connection costs more than the probe. */
function secureContext(): SecureContext {
  sharedContext ??= createSecureContext();
  return sharedContext;
}

/**
 * A connection that we close first would wait in TIME_WAIT for a minute on this machine; with thousands of probes a
 * second to one gateway the ports would run out. So it is reset, as soon as all is known.
 */
function close(socket: Socket, end: End): void {
  const isOpen = end.kind === 'connected' || end.kind === 'whole';
  if (isOpen && !('encrypted' in socket) && !socket.readableEnded) socket.resetAndDestroy();
  else socket.destroy();
}

/** Errors of this machine, not of the other side: no route, no address of the family, no free port or descriptor, a firewall. */
const OWN_FAULTS: readonly unknown[] = [
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EPERM',
  'EACCES',
];

/**
 * What fails at once has not left this machine, except for a refusal. EHOSTUNREACH is a missing route of ours then; later
 * it is a router or neighbour that speaks for the host.
 */
function failure({ code, message }: NodeJS.ErrnoException, isFirstTurn: boolean): End {
  const isOurs = OWN_FAULTS.includes(code) || (isFirstTurn && code !== 'ECONNREFUSED');
  return isOurs ? { kind: 'impossible', message } : { kind: 'broken', message: `failed: ${message}` };
}
