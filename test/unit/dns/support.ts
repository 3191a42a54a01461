import { Packet } from 'dns2';
import type { GlobalIngress, Target } from '../../../src/plan/global-ingress.ts';
import { createResponder } from '../../../src/planes/dns/answer/responder.ts';
import { machineClock } from '../../../src/planes/dns/answer-totals.ts';
import { Counters } from '../../../src/planes/dns/counters.ts';
import { Networks } from '../../../src/planes/dns/limits/networks.ts';
import { NO_REGIONS, type RegionTable } from '../../../src/planes/dns/regions.ts';
import type { ServedHost, ServedTarget } from '../../../src/planes/dns/served.ts';
import type { AnswerSettings } from '../../../src/planes/dns/settings.ts';
import { NO_TRANSFERS } from '../../../src/planes/dns/transfers.ts';
import { requiredKey } from '../../../src/planes/dns/wire/names.ts';
import { type Found, type TreeUpdate, type ZoneContent, ZoneTree } from '../../../src/planes/dns/zone/tree.ts';
import { parseZoneFile } from '../../../src/planes/dns/zone-file/parse-zone-file.ts';
import { type Message, readMessage } from '../../support/dns-message.ts';

export { anOpt, anOption, aQuery, wireName } from '../../support/dns-wire.ts';

export const HOST = 'shop.example.test';
export const ZONE = 'example.test';
/** What zones are served with at first. */
export const SERIAL = 101;

export const EAST: Target = { cluster: 'east', share: 9_000, addresses: ['127.0.0.11', '::b'], hostnames: [] };
export const WEST: Target = {
  cluster: 'west',
  share: 1_000,
  addresses: ['127.0.0.12', '127.0.0.13'],
  hostnames: [],
};
export const NORTH: Target = { cluster: 'north', share: 0, addresses: ['127.0.0.14'], hostnames: [] };

export function anIngress(overrides: Partial<GlobalIngress> = {}): GlobalIngress {
  return {
    host: HOST,
    owner: { namespace: 'default', name: 'shop' },
    revision: 7,
    ttlSeconds: 5,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: null,
    tls: false,
    targets: [EAST, NORTH, WEST],
    ...overrides,
  };
}

export interface Known {
  /** Clusters that probes found to be down. */
  readonly down?: readonly string[];
  readonly failsOpen?: boolean;
  readonly challenges?: readonly string[];
}

/** A hostname as a machine serves it that knows this much of its targets. */
export function served(
  state: GlobalIngress,
  { down = [], failsOpen = false, challenges = [] }: Known = {},
): ServedHost {
  const targets = state.targets.map(({ cluster, addresses }): ServedTarget => {
    const kind = down.includes(cluster) ? 'down' : 'unknown';
    return { cluster, addresses, health: { kind, since: 0, message: 'as the test says' } };
  });
  return { state, targets, failsOpen, challenges };
}

export interface ZoneOptions extends Partial<ZoneContent> {
  /** Records in master-file form. */
  readonly file?: string;
}

export function aZone({ file = '', name = ZONE, ...overrides }: ZoneOptions = {}): ZoneContent {
  const parsed = parseZoneFile(`$TTL 60\n${file}`, { zone: name, file: 'test.zone' });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return {
    name,
    nameServers: [{ name: `ns1.${name}`, addresses: ['127.0.0.1'] }],
    mailbox: `hostmaster.${name}`,
    negativeTtlSeconds: 30,
    records: parsed.zone.records,
    ...overrides,
  };
}

export interface TreeOptions {
  readonly zones?: readonly ZoneContent[];
  readonly random?: () => number;
  readonly regions?: RegionTable;
  readonly counters?: Counters;
}

/** A tree that serves these hostnames, and no others. */
export function aTree(hosts: readonly ServedHost[] = [served(anIngress())], options: TreeOptions = {}): ZoneTree {
  const { zones = [aZone()], random = () => 0.5, regions = NO_REGIONS, counters = new Counters() } = options;
  const serials = Object.fromEntries(zones.map(({ name }) => [name, SERIAL]));
  const tree = new ZoneTree(zones, serials, {
    random,
    regions,
    tally: (host, cluster, among) => counters.tally(host, cluster, among),
    totals: (host) => ({ run: 'one', at: machineClock(), counts: counters.measured(host) }),
  });
  tree.apply(anUpdate(hosts));
  return tree;
}

export function anUpdate(hosts: readonly ServedHost[], overrides: Partial<TreeUpdate> = {}): TreeUpdate {
  return { hosts, removed: [], serials: {}, confirmed: true, ...overrides };
}

/** What the tree has at a written name. */
export function find(tree: ZoneTree, name: string): Found {
  return tree.find(name === '' ? '\0' : requiredKey(name));
}

export const SETTINGS: AnswerSettings = {
  cookies: undefined,
  rateLimiter: undefined,
  trusted: Networks.parse(['127.0.0.0/8', '::1/128']),
  any: 'minimal',
  clientSubnet: true,
  extendedErrors: true,
  nsid: undefined,
  tcpIdleMs: 10_000,
};

export interface ResponderOptions extends TreeOptions {
  readonly hosts?: readonly ServedHost[];
  readonly settings?: Partial<AnswerSettings>;
  readonly synced?: boolean;
}

export interface TestResponder {
  readonly respond: (message: Buffer, transport?: 'udp' | 'tcp', address?: string) => Buffer | undefined;
  readonly tree: ZoneTree;
  readonly counters: Counters;
}

export function aResponder({ hosts, settings, synced = true, ...options }: ResponderOptions = {}): TestResponder {
  const counters = new Counters();
  const tree = aTree(hosts, { ...options, counters });
  const respond = createResponder({
    zones: tree,
    synced: () => synced,
    settings: { ...SETTINGS, ...settings },
    counters,
    transfers: NO_TRANSFERS,
    onAnswered: undefined,
    onInternalError: () => undefined,
  });
  return {
    tree,
    counters,
    respond: (message, transport = 'udp', address = '127.0.0.1') => {
      const reply = respond(message, { address, transport });
      if (reply === undefined || Buffer.isBuffer(reply)) return reply;
      throw new Error('a reply of several messages to a query that is no transfer');
    },
  };
}

export interface Seen {
  /** As dns2 reads it. */
  readonly packet: Packet;
  /** As a careful resolver reads it. */
  readonly message: Message;
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly addresses: readonly string[];
  /** `TYPE owner` of each record of the authority section. */
  readonly authority: readonly string[];
  readonly opt:
    | {
        readonly size: number;
        readonly version: number;
        readonly flags: number;
        readonly options: readonly string[];
      }
    | undefined;
}

/** Reads a response with two readers that know nothing of the code under test, which have to agree. */
export function read(response: Buffer | undefined): Seen {
  if (response === undefined) throw new Error('there is no response');
  const packet = Packet.parse(response);
  const message = readMessage(response);
  const { answers, authorities, opt } = message;
  const owners = packet.answers.map(({ name }) => name.toLowerCase());
  const strict = answers.map(({ owner }) => owner);
  // dns2 has no escapes.
  if (!strict.some((owner) => owner.includes('\\')) && String(owners) !== String(strict)) {
    throw new Error(`dns2 reads the owners ${String(owners)}, a strict reader ${String(strict)}`);
  }
  return {
    packet,
    message,
    rcode: message.rcode,
    authoritative: message.authoritative,
    truncated: message.truncated,
    addresses: packet.answers.flatMap(({ address }) => address ?? []),
    authority: authorities.map(({ type, owner }) => `${type} ${owner}`),
    opt: opt && {
      size: opt.size,
      version: opt.version,
      flags: opt.flags,
      options: opt.options.map(({ code, data }) => `${code} ${data.toString('hex')}`),
    },
  };
}
