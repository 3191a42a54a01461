import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import { type Address, parseAddress } from '../../lib/address.ts';
import { decodeResponse, encodeQuery, type Question, type ShortResponse } from './codec.ts';

export type Asked =
  | { readonly kind: 'response'; readonly response: ShortResponse }
  | { readonly kind: 'silence'; readonly message: string };

export interface AskOptions {
  /** For everything together: attempts over UDP, and TCP when the answer does not fit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One attempt is lost with a full socket buffer. */
const ATTEMPTS = 2;
/** A TCP message has its length in front (RFC 1035 section 4.2.2), octets. */
const LENGTH_SIZE = 2;

/** Asks one server. Never throws: a server that says nothing in time is `silence`. */
export async function ask(server: string, question: Question, { timeoutMs, signal }: AskOptions): Promise<Asked> {
  const address = parseAddress(server);
  if (address === undefined || address.port === 0) return silence(`"${server}" is no address with a port`);
  if (signal.aborted) return silence('the question was called off');
  const id = randomInt(0x1_0000);
  const over = new AbortController();
  const callOff = () => over.abort('the question was called off');
  const deadline = setTimeout(() => over.abort(`no answer within ${timeoutMs} ms`), timeoutMs);
  signal.addEventListener('abort', callOff, { once: true });
  try {
    const exchange = { address, id, message: encodeQuery(question, id), signal: over.signal };
    const asked = await overUdp(exchange, timeoutMs / ATTEMPTS);
    const isWhole = asked.kind === 'silence' || !asked.response.truncated;
    return isWhole ? asked : await overTcp(exchange);
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', callOff);
  }
}

interface Exchange {
  readonly address: Address;
  readonly id: number;
  readonly message: Buffer;
  /** Aborts with what to say of it. */
  readonly signal: AbortSignal;
}

function overUdp({ address, id, message, signal }: Exchange, retryMs: number): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>();
  const socket = createSocket(isIP(address.host) === 6 ? 'udp6' : 'udp4');
  const send = () => socket.send(message);
  const end = () => resolve(silence(String(signal.reason)));
  const retry = setTimeout(send, retryMs);
  signal.addEventListener('abort', end, { once: true });
  socket.on('error', (error) => resolve(silence(error.message)));
  // Connected: only this server can answer, and "nobody listens" comes back as an error at once. A callback of `connect` would
  // get the error of an address that cannot be reached instead.
  socket.once('connect', send);
  socket.connect(address.port, address.host);
  socket.on('message', (octets) => {
    const response = decodeResponse(octets);
    if (response?.id === id) resolve({ kind: 'response', response });
  });
  return promise.finally(() => {
    clearTimeout(retry);
    signal.removeEventListener('abort', end);
    socket.close();
  });
}

function overTcp({ address, id, message, signal }: Exchange): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>();
  const socket = connect(address);
  const end = () => resolve(silence(`${String(signal.reason)} (over TCP)`));
  let received = Buffer.alloc(0);
  signal.addEventListener('abort', end, { once: true });
  socket.on('error', (error) => resolve(silence(`${error.message} (over TCP)`)));
  socket.on('close', () => resolve(silence('the connection ended before the answer did (over TCP)')));
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const whole = wholeMessage(received);
    if (whole === undefined) return;
    const response = decodeResponse(whole);
    resolve(response?.id === id ? { kind: 'response', response } : silence('the answer cannot be read (over TCP)'));
  });
  socket.write(framed(message));
  return promise.finally(() => {
    signal.removeEventListener('abort', end);
    socket.destroy();
  });
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_SIZE);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** undefined until all of it is there. */
function wholeMessage(received: Buffer): Buffer | undefined {
  const length = received.length < LENGTH_SIZE ? Number.POSITIVE_INFINITY : received.readUInt16BE(0);
  return received.length < LENGTH_SIZE + length ? undefined : received.subarray(LENGTH_SIZE, LENGTH_SIZE + length);
}

function silence(message: string): Asked {
  return { kind: 'silence', message };
}
