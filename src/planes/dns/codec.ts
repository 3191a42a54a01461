import { Packet } from 'dns2';
import { formatOctets } from '../../lib/address.ts';
import type { Client } from './client.ts';
import { UDP_CAP } from './wire/constants.ts';

/**
 * Queries of our own and what we need of the answers, by dns2's codec: off the hot path, and an eye on our own wire layer
 * that is not ours.
 */

export interface Question {
  readonly name: string;
  readonly type: number;
  /** Asks with EDNS, so that an error comes with its reason. */
  readonly edns?: {
    /** On whose behalf it is asked (RFC 7871); absent: on behalf of this machine. */
    readonly subnet: Client | undefined;
  };
}

/** A query with one question. */
export function encodeQuery({ name, type, edns }: Question, id: number): Buffer {
  const packet = new Packet();
  packet.header.id = id;
  packet.questions.push(new Packet.Question(name, type, Packet.CLASS.IN));
  if (edns !== undefined) {
    const options = edns.subnet === undefined ? [] : [subnetOption(edns.subnet)];
    packet.additionals.push(Packet.Resource.EDNS(options, { udpPayloadSize: UDP_CAP }));
  }
  return packet.toBuffer();
}

/** dns2's own maker knows IPv4 only; its encoder knows both families. */
function subnetOption({ family, octets, bits }: Client): ReturnType<typeof Packet.Resource.EDNS.ECS> {
  return {
    ednsCode: Packet.EDNS_OPTION_CODE.ECS,
    // Address family numbers of IANA: 1 is IPv4, 2 is IPv6.
    family: family === 4 ? 1 : 2,
    sourcePrefixLength: bits,
    scopePrefixLength: 0,
    ip: formatOctets(octets),
  };
}

export interface ShortResponse {
  readonly id: number;
  readonly rcode: number;
  readonly authoritative: boolean;
  /** There is more than UDP can carry: ask again over TCP. */
  readonly truncated: boolean;
  readonly answers: number;
  /** The character-strings of the TXT records in the answer. */
  readonly texts: readonly string[];
  /** Info code of an extended error (RFC 8914), if there is one. */
  readonly extendedError: number | undefined;
}

/** Reads a response; undefined when it is none or does not hold together. */
export function decodeResponse(message: Buffer): ShortResponse | undefined {
  const packet = parsePacket(message);
  if (!packet || packet.header.qr !== 1 || packet.errors.length > 0) return undefined;
  const { header, answers, additionals } = packet;
  return {
    id: header.id,
    rcode: header.rcode,
    authoritative: header.aa === 1,
    truncated: header.tc === 1,
    answers: answers.length,
    texts: answers.flatMap(textsOf),
    extendedError: additionals.flatMap(infoCodesOf)[0],
  };
}

/** dns2 reads one octet too far, and goes back, behind an IPv6 client subnet with an odd number of octets, such as a /56. */
const SPARE = Buffer.alloc(1);

function parsePacket(message: Buffer): Packet | undefined {
  try {
    return Packet.parse(Buffer.concat([message, SPARE]));
  } catch {
    return undefined; // dns2 throws for what it cannot read: to us that is no response
  }
}

function textsOf(answer: object): readonly string[] {
  if (!('data' in answer)) return [];
  return Array.isArray(answer.data) ? answer.data.map(String) : [String(answer.data)];
}

function infoCodesOf(additional: object): readonly number[] {
  if (!('rdata' in additional) || !Array.isArray(additional.rdata)) return [];
  return additional.rdata.flatMap((option: unknown) => {
    const isError = typeof option === 'object' && option !== null && 'infoCode' in option;
    return isError && typeof option.infoCode === 'number' ? [option.infoCode] : [];
  });
}
