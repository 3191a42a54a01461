import { ask } from './ask.ts';
import type { Client } from './client.ts';
import type { ShortResponse } from './codec.ts';
import { ClientAddress } from './limits/address-octets.ts';
import { readCidr } from './limits/cidr.ts';
import { EXTENDED_ERROR, RCODE, rcodeName, TYPE } from './wire/constants.ts';

export interface ExplainQuestion {
  readonly host: string;
  /** An address or a network, such as `198.51.100.0/24`. Absent: as the server sees this machine. */
  readonly subnet?: string | undefined;
}

/** What one server says that a client would get, and why. */
export type ServerExplanation =
  | ExplainedByServer
  | {
      readonly kind: 'unknown';
      readonly server: string;
      readonly reason: 'NoAnswer' | 'NotServed' | 'Refused' | 'NotExplained';
      readonly message: string;
    };

export interface ExplainedByServer {
  readonly kind: 'explained';
  readonly server: string;
  readonly revision: number;
  readonly ttlSeconds: number;
  /** The network that the server took the client for. */
  readonly client: string;
  readonly routing: string;
  /** How one of several clusters is drawn; absent where the first one serves. */
  readonly draw?: string;
  /** The client's region; absent where none plays a part. */
  readonly region?: string;
  /** Too much of the share is down, so that health is left out of account. */
  readonly failsOpen: boolean;
  readonly clusters: readonly ExplainedCluster[];
  /** One for each type of address that is answered. */
  readonly answers: readonly ExplainedAnswer[];
}

export interface ExplainedCluster {
  readonly cluster: string;
  /** Basis points. */
  readonly share: number;
  readonly health: { readonly state: 'up' | 'down' | 'unknown'; readonly since: string; readonly message: string };
}

export interface ExplainedAnswer {
  readonly type: 'A' | 'AAAA';
  /** Which it may be: several where they take turns. */
  readonly clusters: readonly string[];
  /** Leading bits of the client's address that the choice depends on. */
  readonly scopeBits: number;
}

const TIMEOUT_MS = 1_000;

/**
 * Asks every server what a client would get from a hostname, and why; this takes nobody's turn. Throws a RangeError for a
 * subnet that is none.
 */
export function explainDns(
  servers: readonly string[],
  { host, subnet }: ExplainQuestion,
  signal: AbortSignal,
): Promise<readonly ServerExplanation[]> {
  const client = subnet === undefined ? undefined : readClient(subnet);
  return Promise.all(servers.map((server) => explainOne(server, { host, client, signal })));
}

function readClient(subnet: string): Client {
  const network = new ClientAddress();
  const bits = readCidr(subnet, network);
  return { family: network.family, octets: Uint8Array.from(network.octets), bits };
}

interface One {
  readonly host: string;
  readonly client: Client | undefined;
  readonly signal: AbortSignal;
}

async function explainOne(server: string, { host, client, signal }: One): Promise<ServerExplanation> {
  const question = { name: `_explain.${host}`, type: TYPE.TXT, edns: { subnet: client } };
  const asked = await ask(server, question, { timeoutMs: TIMEOUT_MS, signal });
  if (asked.kind === 'silence') {
    const message = `DNS server ${server} does not explain ${host}: ${asked.message}`;
    return { kind: 'unknown', server, reason: 'NoAnswer', message };
  }
  return readExplanation(server, host, asked.response);
}

/** What a server's answer to `_explain.<host> TXT` says. */
function readExplanation(server: string, host: string, response: ShortResponse): ServerExplanation {
  const { rcode, texts, extendedError } = response;
  const explained = rcode === RCODE.NOERROR ? readFacts(server, texts) : undefined;
  if (explained !== undefined) return explained;
  if (isNotServed(response)) {
    return { kind: 'unknown', server, reason: 'NotServed', message: `DNS server ${server} does not serve ${host}` };
  }
  if (rcode === RCODE.REFUSED) {
    const isForbidden = extendedError === EXTENDED_ERROR.prohibited;
    const why = isForbidden ? 'this machine is' : 'either the hostname is in none of its zones, or this machine is';
    const message = `DNS server ${server} refuses to explain ${host}: ${why} not in its dns.trusted`;
    return { kind: 'unknown', server, reason: 'Refused', message };
  }
  const found = rcode === RCODE.NOERROR ? 'something else' : rcodeName(rcode);
  const message = `DNS server ${server} answers ${found} when asked to explain ${host}`;
  return { kind: 'unknown', server, reason: 'NotExplained', message };
}

/** A name that a zone file has, or a wildcard of it, is answered too, and knows no revision. */
function isNotServed({ rcode, texts, extendedError }: ShortResponse): boolean {
  if (rcode === RCODE.NOERROR) return factsOf(texts, 'revision').length === 0;
  if (rcode === RCODE.REFUSED) return extendedError === EXTENDED_ERROR.notAuthoritative;
  return rcode === RCODE.NXDOMAIN;
}

/** undefined when a fact is missing that is always there. */
function readFacts(server: string, texts: readonly string[]): ExplainedByServer | undefined {
  const [revision, ttlSeconds] = [numberOf(texts, 'revision'), numberOf(texts, 'ttl')];
  const [client, routing] = [factsOf(texts, 'client')[0], factsOf(texts, 'routing')[0]];
  const [draw, region] = [factsOf(texts, 'draw')[0], factsOf(texts, 'region')[0]];
  const isWhole = revision !== undefined && ttlSeconds !== undefined && client !== undefined && routing !== undefined;
  if (!isWhole) return undefined;
  return {
    kind: 'explained',
    server,
    revision,
    ttlSeconds,
    client,
    routing,
    ...(draw === undefined ? {} : { draw }),
    ...(region === undefined ? {} : { region }),
    failsOpen: factsOf(texts, 'failsOpen')[0] === 'true',
    clusters: readClusters(texts),
    answers: (['A', 'AAAA'] as const).flatMap((type) => readAnswer(texts, type)),
  };
}

function readClusters(texts: readonly string[]): readonly ExplainedCluster[] {
  const health = new Map(factsOf(texts, 'health').map((fact) => readHealth(fact)));
  return factsOf(texts, 'share').flatMap((fact) => {
    const [cluster = '', share = ''] = fact.split(' ');
    const known = health.get(cluster);
    return known === undefined ? [] : [{ cluster, share: Number(share), health: known }];
  });
}

function readHealth(fact: string): readonly [string, ExplainedCluster['health']] {
  const [cluster = '', kind = '', since = '', ...words] = fact.split(' ');
  const state = kind === 'up' || kind === 'down' ? kind : 'unknown';
  return [cluster, { state, since, message: words.join(' ') }];
}

function readAnswer(texts: readonly string[], type: 'A' | 'AAAA'): readonly ExplainedAnswer[] {
  const ofType = (name: string) => factsOf(texts, name).flatMap((fact) => secondWord(fact, type) ?? []);
  const [scopeBits] = ofType('scope');
  return scopeBits === undefined ? [] : [{ type, clusters: ofType('answer'), scopeBits: Number(scopeBits) }];
}

function secondWord(fact: string, first: string): string | undefined {
  return fact.startsWith(`${first} `) ? fact.slice(first.length + 1) : undefined;
}

/** The values of all `name=value` strings of this name. */
function factsOf(texts: readonly string[], name: string): readonly string[] {
  return texts.flatMap((text) => (text.startsWith(`${name}=`) ? [text.slice(name.length + 1)] : []));
}

function numberOf(texts: readonly string[], name: string): number | undefined {
  const [value = ''] = factsOf(texts, name);
  return /^[0-9]+$/.test(value) ? Number(value) : undefined;
}
