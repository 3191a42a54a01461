import type { Client } from '../client.ts';
import type { Counters } from '../counters.ts';
import { ClientAddress } from '../limits/address-octets.ts';
import type { Verdict } from '../limits/rate-limit.ts';
import type { AnswerSettings } from '../settings.ts';
import type { Transfers } from '../transfers.ts';
import { CLASS_IN, EXTENDED_ERROR, HEADER_SIZE, RCODE, TCP_CAP, TYPE } from '../wire/constants.ts';
import { parseQuery, type Query } from '../wire/query.ts';
import { encodeHeaderOnly, encodeResponse, udpLimit } from '../wire/response.ts';
import type { Found, ZoneTree } from '../zone/tree.ts';
import { accountOf } from './account.ts';
import { answerFound } from './answer.ts';
import { responseOptions } from './options.ts';
import { type Answer, bare } from './place.ts';

export interface ResponderOptions {
  readonly zones: ZoneTree;
  /** False until what exists is known: then nothing may be denied. */
  readonly synced: () => boolean;
  readonly settings: AnswerSettings;
  readonly counters: Counters;
  readonly transfers: Transfers;
  readonly onAnswered: OnAnswered | undefined;
  readonly onInternalError: (error: unknown) => void;
}

/** Hears of each answer, for the query log. */
export type OnAnswered = (query: Query, answer: Answer, from: Source) => void;

/** Where a message comes from. */
export interface Source {
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
}

/** Message in, messages out: none for silence, several for a zone transfer. Never throws. */
export type Respond = (message: Buffer, from: Source) => Buffer | Iterable<Buffer> | undefined;

export function createResponder(options: ResponderOptions): Respond {
  const responder = new Responder(options);
  return (message, from) => {
    try {
      return responder.respond(message, from);
    } catch (error) {
      // A fault of ours must not end the server for everybody else.
      options.counters.internalErrors += 1;
      options.onInternalError(error);
      return message.length < HEADER_SIZE ? undefined : encodeHeaderOnly(message, RCODE.SERVFAIL);
    }
  };
}

const BADVERS = bare(RCODE.BADVERS);
const NO_CLASS = bare(RCODE.REFUSED, EXTENDED_ERROR.notSupported);
const NO_TRANSFER = bare(RCODE.REFUSED, EXTENDED_ERROR.prohibited);
const NOT_READY = bare(RCODE.SERVFAIL, EXTENDED_ERROR.notReady);
const SLIP: Answer = bare(RCODE.NOERROR);

interface Sending {
  readonly from: Source;
  /** Says "come again over TCP". */
  readonly slip?: boolean;
  /** Octets that a signature will add. */
  readonly reserved?: number;
}

class Responder {
  readonly #options: ResponderOptions;
  /** Of the message that is being answered. */
  readonly #address = new ClientAddress();
  /** Few queries need to know. */
  readonly #isTrusted = () => this.#options.settings.trusted.has(this.#address.octets, this.#address.family);

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  respond(message: Buffer, from: Source): Buffer | Iterable<Buffer> | undefined {
    const { counters } = this.#options;
    const parsed = parseQuery(message);
    switch (parsed.kind) {
      case 'query':
        return this.#respondToQuery(parsed.query, from);
      case 'malformed':
        counters.malformed += 1;
        return this.#limitError(message, RCODE.FORMERR, from);
      case 'notImplemented':
        counters.malformed += 1;
        return this.#limitError(message, RCODE.NOTIMP, from);
      case 'silence':
        counters.dropped += 1;
        return undefined;
      default:
        return parsed satisfies never;
    }
  }

  #respondToQuery(query: Query, from: Source): Buffer | Iterable<Buffer> | undefined {
    const { transfers, zones } = this.#options;
    // Who asks over a socket has an address.
    if (!this.#address.parse(from.address)) return undefined;
    const found = zones.find(query.name);
    const verdict = this.#limit(query, found, from);
    if (verdict === 'drop') return undefined;
    if (verdict === 'truncate') return this.#encode(query, SLIP, { from, slip: true });
    if (query.signed || query.type === TYPE.AXFR || query.type === TYPE.IXFR) {
      const reply = transfers.respond(query, from, (unsigned, reserved) =>
        this.#encode(unsigned, this.#answer(unsigned, found), { from, reserved }),
      );
      if (reply !== undefined) return reply;
    }
    return this.#encode(query, this.#answer(query, found), { from });
  }

  #answer(query: Query, found: Found): Answer {
    const { synced, zones, settings } = this.#options;
    if (query.edns !== undefined && query.edns.version > 0) return BADVERS;
    if (query.class !== CLASS_IN) return NO_CLASS;
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return NO_TRANSFER;
    // Denying a name that does exist would be an outage.
    if (found.kind !== 'outside' && !synced()) return NOT_READY;
    const client = this.#clientOf(query);
    return answerFound(query, found, { zones, client, isTrusted: this.#isTrusted, any: settings.any });
  }

  /** On whose behalf the resolver asks, or the resolver itself. */
  #clientOf({ edns }: Query): Client {
    const subnet = edns?.subnet;
    if (subnet === undefined || subnet.sourceBits === 0 || !this.#options.settings.clientSubnet) return this.#address;
    return { family: subnet.family, octets: subnet.octets, bits: subnet.sourceBits };
  }

  #encode(query: Query, answer: Answer, { from, slip = false, reserved = 0 }: Sending): Buffer {
    const { counters, settings, onAnswered } = this.#options;
    const { transport } = from;
    const options = responseOptions(query, settings, { answer, address: this.#address, transport });
    const limit = (transport === 'tcp' ? TCP_CAP : udpLimit(query)) - reserved;
    const { bytes, truncated } = encodeResponse(query, answer, { limit, options, truncate: slip });
    counters.countQuery(query.type, answer.rcode);
    if (truncated) counters.truncated += 1;
    onAnswered?.(query, answer, from);
    return bytes;
  }

  /** Who shows that its address is its own is not limited (RFC 7873 section 5.2.4). */
  #limit(query: Query, found: Found, { transport }: Source): Verdict {
    const { rateLimiter, cookies } = this.#options.settings;
    if (transport === 'tcp' || rateLimiter === undefined) return 'send';
    const cookie = query.edns?.cookie;
    if (cookie !== undefined && cookies !== undefined && isOurs(cookies.verify(cookie, this.#address.octets)))
      return 'send';
    return this.#count(rateLimiter.check(this.#address.octets, this.#address.family, accountOf(query, found)));
  }

  /** FORMERR and NOTIMP carry no cookie; they are counted together. */
  #limitError(message: Buffer, rcode: number, { address, transport }: Source): Buffer | undefined {
    const { rateLimiter } = this.#options.settings;
    if (transport === 'tcp' || rateLimiter === undefined || !this.#address.parse(address))
      return encodeHeaderOnly(message, rcode);
    const verdict = this.#count(rateLimiter.check(this.#address.octets, this.#address.family, rcode));
    return verdict === 'send' ? encodeHeaderOnly(message, rcode) : undefined;
  }

  #count(verdict: Verdict): Verdict {
    if (verdict !== 'send') this.#options.counters.rateLimited += 1;
    return verdict;
  }
}

function isOurs(verdict: string): boolean {
  return verdict === 'valid' || verdict === 'stale';
}
