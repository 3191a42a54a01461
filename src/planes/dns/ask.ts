import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { type Address, parseAddress } from '../../lib/address.ts';
import { decodeResponse, encodeQuery, type ShortResponse } from './codec.ts';

export type Asked =
  | { readonly kind: 'response'; readonly response: ShortResponse }
  | { readonly kind: 'silence'; readonly message: string };

export interface Question {
  readonly name: string;
  readonly type: number;
}

/** One attempt is lost with a full socket buffer; the deadline covers all of them. */
const ATTEMPTS = 2;

/** Asks one server over UDP. Never throws: a server that says nothing in time is `silence`. */
export async function ask(
  server: string,
  question: Question,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Asked> {
  const address = parseAddress(server);
  const id = randomInt(0x1_0000);
  const message = encodeQuery(question.name, question.type, id);
  if (address === undefined) return { kind: 'silence', message: `"${server}" is no address with a port` };
  if (signal.aborted) return { kind: 'silence', message: 'the question was called off' };
  return exchange(address, message, { id, timeoutMs, signal });
}

interface Exchange {
  readonly id: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

function exchange(address: Address, message: Buffer, { id, timeoutMs, signal }: Exchange): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>();
  const socket = createSocket(isIP(address.host) === 6 ? 'udp6' : 'udp4');
  const silence = (reason: string) => resolve({ kind: 'silence', message: reason });
  const send = () => socket.send(message);
  const abort = () => silence('the question was called off');
  const deadline = setTimeout(() => silence(`no answer within ${timeoutMs} ms`), timeoutMs);
  const retry = setTimeout(send, timeoutMs / ATTEMPTS);
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', (error) => silence(error.message));
  // Connected: only this server can answer, and "nobody listens" comes back as an error at once.
  socket.connect(address.port, address.host, send);
  socket.on('message', (octets) => {
    const response = decodeResponse(octets);
    if (response?.id === id) resolve({ kind: 'response', response });
  });
  return promise.finally(() => {
    clearTimeout(deadline);
    clearTimeout(retry);
    signal.removeEventListener('abort', abort);
    socket.close();
  });
}
