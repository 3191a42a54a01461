import { FLAG, HEADER_SIZE, RCODE, TYPE } from '../wire/constants.ts';
import { fullContent } from './axfr.ts';
import { type IxfrContent, ixfrContent, ixfrSerial } from './ixfr.ts';
import type { Journal } from './journal.ts';
import { encodeRefusal, TRANSFER_MESSAGE_SIZE, transferMessages } from './messages.ts';
import { mayTransfer, type Secondary } from './policy.ts';
import { type Authentication, signResponse, signStream, tsigSize } from './tsig.ts';
import type { ZoneVersion } from './zone-version.ts';

/** A request for a zone, its question read and its signature looked at. */
export interface TransferRequest {
  readonly message: Buffer;
  /** Offset behind the question. */
  readonly questionEnd: number;
  /** AXFR or IXFR. */
  readonly type: number;
  readonly authentication: Authentication;
  /** IP address without a port. */
  readonly clientAddress: string;
  /** What one UDP response may have, octets; absent over TCP. */
  readonly udpLimit?: number;
  /** An OPT record for the response, when the request had one. */
  readonly opt?: Buffer | undefined;
}

/** What there is to give away of a zone; undefined as `version` while there is nothing yet. */
export interface TransferZone {
  readonly version: ZoneVersion | undefined;
  readonly journal: Journal;
  readonly secondaries: readonly Secondary[];
}

/** The answer, and what it is for metrics and the log. */
export type TransferResponse =
  | {
      /** `tooLargeForUdp` is the SOA alone, which tells the client to come back over TCP (RFC 1995 section 2). */
      readonly kind: 'upToDate' | 'incremental' | 'full' | 'tooLargeForUdp';
      readonly serial: number;
      /** To be read once. Made while they are read, so that a client that is slow to read costs little. */
      readonly messages: Iterable<Buffer>;
    }
  | (Refusal & { readonly kind: 'refused'; readonly messages: readonly Buffer[] });

interface Refusal {
  readonly rcode: number;
  /** In a sentence, for the log. */
  readonly reason: string;
}

/** Answers AXFR and IXFR. Signed requests get signed answers. */
export function answerTransfer(request: TransferRequest, zone: TransferZone, nowSeconds: number): TransferResponse {
  const { authentication, message, questionEnd, opt } = request;
  const content = contentFor(request, zone);
  if ('rcode' in content) {
    const response = encodeRefusal(message, { questionEnd, rcode: content.rcode, opt });
    return { kind: 'refused', ...content, messages: [signResponse(response, authentication, nowSeconds)] };
  }
  const { kind, messages } = pack(request, content);
  return { kind, serial: content.version.serial, messages: signStream(messages, authentication, nowSeconds) };
}

interface Content extends IxfrContent {
  readonly version: ZoneVersion;
}

function contentFor(request: TransferRequest, { version, journal, secondaries }: TransferZone): Content | Refusal {
  const { authentication, clientAddress, message, questionEnd, type, udpLimit } = request;
  if (authentication.kind === 'malformed') return { rcode: RCODE.FORMERR, reason: 'its TSIG record is damaged' };
  if (authentication.kind === 'refused') {
    return { rcode: RCODE.NOTAUTH, reason: `its signature is not accepted: TSIG error ${authentication.error}` };
  }
  const key = authentication.kind === 'verified' ? authentication.key : undefined;
  if (!mayTransfer({ address: clientAddress, key }, secondaries)) {
    return { rcode: RCODE.REFUSED, reason: 'no secondary with this address and this key is listed' };
  }
  if (version === undefined) return { rcode: RCODE.SERVFAIL, reason: 'the zone is not there yet' };
  if (type === TYPE.AXFR) {
    // RFC 5936 section 4.2.
    if (udpLimit !== undefined) return { rcode: RCODE.FORMERR, reason: 'AXFR came over UDP' };
    return { kind: 'full', records: fullContent(version), version };
  }
  const serial = ixfrSerial(message, questionEnd);
  if (serial === undefined) return { rcode: RCODE.FORMERR, reason: 'IXFR came without the SOA that the client has' };
  return { ...ixfrContent(serial, version, journal), version };
}

interface Packed {
  readonly kind: 'upToDate' | 'incremental' | 'full' | 'tooLargeForUdp';
  readonly messages: Iterable<Buffer>;
}

function pack(request: TransferRequest, { kind, records, version }: Content): Packed {
  const { authentication, message, questionEnd, udpLimit, opt } = request;
  const question = {
    id: message.readUInt16BE(0),
    octets: message.subarray(HEADER_SIZE, questionEnd),
    recursionDesired: (message.readUInt8(2) & FLAG.recursionDesired) !== 0,
  };
  const maxBytes = (udpLimit ?? TRANSFER_MESSAGE_SIZE) - tsigSize(authentication);
  const messages = transferMessages(question, records, { maxBytes, opt });
  if (udpLimit === undefined) return { kind, messages };
  const [first, second] = messages;
  if (first !== undefined && second === undefined) return { kind, messages: [first] };
  return { kind: 'tooLargeForUdp', messages: transferMessages(question, [version.soa], { maxBytes, opt }) };
}
