import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { errorCode } from '../../../lib/atomic-file.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { type NotifyProblem, notifyRequest, readNotifyReply } from './notify-message.ts';
import { isSameAddress, type Secondary } from './policy.ts';

export interface Delivery {
  readonly secondary: Secondary;
  readonly soa: FlatRecord;
  /** IP address to send from, where it is of the secondary's family. */
  readonly source: string | undefined;
  /** How long the reply to each try is waited for, milliseconds. */
  readonly waitsMs: readonly number[];
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface Delivered {
  readonly tries: number;
  readonly result: { readonly kind: 'acknowledged' } | { readonly kind: 'failed'; readonly problem: NotifyProblem };
}

/** Tells a secondary until it says that it has heard, or all tries are over. Only a reply that can be trusted ends it. */
export async function deliverNotify({ secondary, soa, source, waitsMs, signal }: Delivery): Promise<Delivered> {
  const { address, key } = secondary;
  const request = notifyRequest(soa, key, nowSeconds());
  const heard = new AbortController();
  let problem: NotifyProblem = { kind: 'silent' };
  const onError = (error: unknown) => {
    problem = { kind: 'unreachable', code: errorCode(error) ?? String(error) };
  };
  const socket = createSocket(isIP(address.host) === 6 ? 'udp6' : 'udp4');
  socket.on('error', onError);
  socket.on('message', (reply, from) => {
    if (from.port !== address.port || !isSameAddress(from.address, address.host)) return;
    const meaning = readNotifyReply(reply, request, nowSeconds());
    if (meaning?.kind === 'acknowledged') heard.abort();
    else problem = meaning ?? problem;
  });
  const isOver = AbortSignal.any([signal, heard.signal]);
  let tries = 0;
  if (await bindSource(socket, isIP(source ?? '') === isIP(address.host) ? source : undefined)) {
    for (const waitMs of waitsMs) {
      if (isOver.aborted) break;
      tries += 1;
      socket.send(request.message, address.port, address.host, (error) => {
        if (error !== null) onError(error);
      });
      await pause(waitMs, isOver);
    }
  }
  socket.close();
  return { tries, result: heard.signal.aborted ? { kind: 'acknowledged' } : { kind: 'failed', problem } };
}

/** False when the address is not to be had. To go on from another one would be in vain: secondaries know us by it. */
async function bindSource(socket: Socket, source: string | undefined): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('listening', () => resolve(true));
  socket.once('error', () => resolve(false));
  socket.bind({ port: 0, ...(source === undefined ? {} : { address: source }) });
  return await promise;
}

/** Waits, or less when the signal comes. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || milliseconds <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const timer = setTimeout(wake, milliseconds);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
