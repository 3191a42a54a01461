import type { Counters } from '../counters.ts';
import { HEADER_SIZE, RCODE, TCP_CAP } from '../wire/constants.ts';
import { parseQuery, type Query } from '../wire/query.ts';
import { encodeHeaderOnly, encodeResponse, udpLimit } from '../wire/response.ts';
import type { DrawnEntry, ZoneSet } from '../zone/types.ts';
import { answerQuery } from './answer.ts';

export interface ResponderOptions {
  /** What is served at this moment; each answer reads it once. */
  readonly zones: () => ZoneSet;
  readonly draw: (entry: DrawnEntry) => number;
  readonly counters: Counters;
  readonly onInternalError: (error: unknown) => void;
}

/** Message in, message out; undefined for silence. Never throws. */
export type Respond = (message: Buffer, transport: 'udp' | 'tcp') => Buffer | undefined;

export function createResponder(options: ResponderOptions): Respond {
  return (message, transport) => {
    try {
      return respond(message, transport, options);
    } catch (error) {
      // A fault of ours must not end the server for everybody else.
      options.counters.internalErrors += 1;
      options.onInternalError(error);
      return message.length < HEADER_SIZE ? undefined : encodeHeaderOnly(message, RCODE.SERVFAIL);
    }
  };
}

function respond(message: Buffer, transport: 'udp' | 'tcp', options: ResponderOptions): Buffer | undefined {
  const { counters } = options;
  const parsed = parseQuery(message);
  switch (parsed.kind) {
    case 'query':
      return respondToQuery(parsed.query, transport === 'tcp' ? TCP_CAP : udpLimit(parsed.query), options);
    case 'malformed':
      counters.malformed += 1;
      return encodeHeaderOnly(message, RCODE.FORMERR);
    case 'notImplemented':
      counters.malformed += 1;
      return encodeHeaderOnly(message, RCODE.NOTIMP);
    case 'silence':
      counters.dropped += 1;
      return undefined;
    default:
      return parsed satisfies never;
  }
}

function respondToQuery(query: Query, limit: number, { zones, draw, counters }: ResponderOptions): Buffer {
  const answer = answerQuery(query, zones(), draw);
  const { bytes, truncated } = encodeResponse(query, answer, limit);
  counters.countQuery(query.type, answer);
  if (truncated) counters.truncated += 1;
  return bytes;
}
