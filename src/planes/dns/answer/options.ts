import type { Client } from '../client.ts';
import type { AnswerSettings } from '../settings.ts';
import { OPTION } from '../wire/constants.ts';
import type { Edns } from '../wire/edns.ts';
import type { Query } from '../wire/query.ts';
import type { Answer } from './place.ts';

/** What the options of a response are made from. */
export interface OptionInput {
  readonly answer: Answer;
  /** The resolver's own address: cookies are bound to it. */
  readonly address: Client;
  readonly transport: 'udp' | 'tcp';
}

const NONE = Buffer.alloc(0);
const CODE_AND_LENGTH = 4;
const CLIENT_COOKIE = 8;
const SERVER_COOKIE = 16;
const KEEPALIVE_UNIT_MS = 100;

/** Data of the OPT record of a response: only what the client asked for, and why an answer is an error. */
export function responseOptions({ edns }: Query, settings: AnswerSettings, input: OptionInput): Buffer {
  if (edns === undefined) return NONE;
  const cookie = cookieOption(edns, settings, input);
  const rest = edns.subnet !== undefined || edns.nsid || edns.keepalive || input.answer.extendedError !== undefined;
  // Most queries ask for a cookie or for nothing.
  if (!rest) return cookie;
  return Buffer.concat([
    cookie,
    ...subnet(edns, settings, input),
    ...(edns.nsid && settings.nsid !== undefined ? option(OPTION.nsid, settings.nsid) : []),
    ...keepalive(edns, settings, input),
    ...extendedError(settings, input.answer),
  ]);
}

function option(code: number, data: Buffer): readonly Buffer[] {
  const head = Buffer.alloc(CODE_AND_LENGTH);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(data.length, 2);
  return [head, data];
}

/** A fresh server cookie each time: then none is ever stale (RFC 9018 section 4.3 allows it). */
function cookieOption({ cookie: sent }: Edns, { cookies }: AnswerSettings, { address }: OptionInput): Buffer {
  if (sent === undefined || cookies === undefined) return NONE;
  const bytes = Buffer.allocUnsafe(CODE_AND_LENGTH + CLIENT_COOKIE + SERVER_COOKIE);
  bytes.writeUInt16BE(OPTION.cookie, 0);
  bytes.writeUInt16BE(CLIENT_COOKIE + SERVER_COOKIE, 2);
  sent.copy(bytes, CODE_AND_LENGTH, 0, CLIENT_COOKIE);
  cookies.make(sent, address.octets, { target: bytes, at: CODE_AND_LENGTH + CLIENT_COOKIE });
  return bytes;
}

/** The option as it came, with the scope that the answer really has (RFC 7871 section 7.2.1). */
function subnet({ subnet: sent }: Edns, { clientSubnet }: AnswerSettings, { answer }: OptionInput): readonly Buffer[] {
  if (sent === undefined || !clientSubnet) return [];
  const data = Buffer.from(sent.raw);
  const client = { family: sent.family, octets: sent.octets, bits: sent.sourceBits };
  // Who gives no subnet is answered by the resolver's address, which says nothing of others.
  const scope = sent.sourceBits === 0 ? 0 : (answer.drawn?.draw.scopeBits(client) ?? 0);
  data.writeUInt8(scope, 3);
  return option(OPTION.clientSubnet, data);
}

/** Over TCP only (RFC 7828 section 3.2.1). */
function keepalive(
  { keepalive: asked }: Edns,
  { tcpIdleMs }: AnswerSettings,
  { transport }: OptionInput,
): readonly Buffer[] {
  if (!asked || transport === 'udp') return [];
  const data = Buffer.alloc(2);
  data.writeUInt16BE(Math.floor(tcpIdleMs / KEEPALIVE_UNIT_MS));
  return option(OPTION.tcpKeepalive, data);
}

function extendedError({ extendedErrors }: AnswerSettings, { extendedError: code }: Answer): readonly Buffer[] {
  if (!extendedErrors || code === undefined) return [];
  const data = Buffer.alloc(2);
  data.writeUInt16BE(code);
  return option(OPTION.extendedError, data);
}
