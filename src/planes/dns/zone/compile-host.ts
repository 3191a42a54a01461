import type { TrafficRouting } from '../../../plan/global-ingress.ts';
import type { TotalsOf } from '../answer-totals.ts';
import { type DrawOptions, makeDraw } from '../draw/draw.ts';
import type { ServedHost, ServedTarget } from '../served.ts';
import { MAX_NAME, TYPE } from '../wire/constants.ts';
import { labelKey, type NameKey } from '../wire/names.ts';
import { addressData, httpsServiceValue, textValue } from '../wire/records.ts';
import { fixedEntry, makeRecords } from './records.ts';
import type { Choice, CompiledHost, Draw, DrawnEntry, Entry, FixedEntry, Node, Tally, Zone } from './types.ts';

/** A certificate authority asks at once after the value was set (RFC 8555 section 8.4). */
const CHALLENGE_TTL_SECONDS = 1;

export interface CompileHostOptions extends DrawOptions {
  readonly tally: (host: string, cluster: string, among: 'all' | 'some') => Tally;
  readonly totals: TotalsOf;
}

export interface HostSource {
  readonly served: ServedHost;
  readonly key: NameKey;
  readonly zone: Zone;
  /** The same hostname as it was compiled last. */
  readonly before?: CompiledHost | undefined;
}

/** Encodes all answers of a hostname: itself, `<cluster>.<host>`, and its `_sluice`, `_answers`, `_explain` and `_acme-challenge`. */
export function compileHost(source: HostSource, options: CompileHostOptions): CompiledHost {
  const { served, key, zone, before } = source;
  const children = new Map<string, Node>();
  const entries = hostEntries(source, options);
  const a = entries.get(TYPE.A);
  const node: Node = { zone, entries, children, drawnA: a?.kind === 'drawn' ? a : undefined };
  const compiled: CompiledHost = {
    served,
    key,
    node,
    regions: options.regions,
    confirmed: before?.confirmed ?? { revision: 0 },
    totals: options.totals,
  };
  const addChild = (label: string, entriesOf: (owner: NameKey) => ReadonlyMap<number, Entry>) => {
    const child = labelKey(label);
    if (child !== undefined && child.length + key.length <= MAX_NAME) {
      children.set(child, { zone, entries: entriesOf(child + key) });
    }
  };
  const ttlSeconds = served.state.ttlSeconds;
  // `<cluster>.<host>` leads to a cluster already, and no leaf knows it by a name below the preview.
  for (const target of served.state.previewOf === undefined ? served.state.targets : []) {
    const addresses = served.targets.find(({ cluster }) => cluster === target.cluster)?.addresses ?? target.addresses;
    addChild(target.cluster, (owner) => clusterEntries(addresses, { owner, zone, ttlSeconds }));
  }
  addChild('_sluice', () => new Map([[TYPE.TXT, { kind: 'told', what: 'facts', host: compiled }]]));
  addChild('_answers', () => new Map([[TYPE.TXT, { kind: 'told', what: 'totals', host: compiled }]]));
  addChild('_explain', () => new Map([[TYPE.TXT, { kind: 'told', what: 'explanation', host: compiled }]]));
  if (served.challenges.length > 0) {
    addChild('_acme-challenge', (owner) => new Map([[TYPE.TXT, challenges(served.challenges, owner, zone)]]));
  }
  return compiled;
}

function hostEntries(source: HostSource, options: CompileHostOptions): ReadonlyMap<number, Entry> {
  const { served, key, zone } = source;
  const { ttlSeconds, tls } = served.state;
  const entries = new Map<number, Entry>();
  for (const [type, family] of FAMILIES) {
    const drawn = drawnEntry({ ...source, type, family }, options);
    if (drawn !== undefined) entries.set(type, drawn);
  }
  if (tls)
    entries.set(TYPE.HTTPS, fixedEntry(zone, key, { type: TYPE.HTTPS, ttlSeconds, data: [httpsServiceValue()] }));
  return entries;
}

const FAMILIES = [
  [TYPE.A, 'a'],
  [TYPE.AAAA, 'aaaa'],
] as const;

interface OfFamily extends HostSource {
  readonly type: number;
  readonly family: 'a' | 'aaaa';
}

function drawnEntry(source: OfFamily, options: CompileHostOptions): DrawnEntry | undefined {
  const { served, key, zone, type, family } = source;
  const { host, ttlSeconds, routing } = served.state;
  const among = hasAll(served, family) ? 'all' : 'some';
  const choices = eligible(served, family).map(({ share, target, data }): Choice => {
    const records = makeRecords(zone, key, { type, ttlSeconds, data });
    return { cluster: target.cluster, share, records, answered: options.tally(host, target.cluster, among) };
  });
  if (choices.length === 0) return undefined;
  return { kind: 'drawn', choices, draw: drawBefore(source, choices) ?? makeDraw(routing, choices, options) };
}

/** Within one revision a draw goes on where it is for as long as it is between the same choices. */
function drawBefore({ before, served, type }: OfFamily, choices: readonly Choice[]): Draw | undefined {
  const entry = before?.node.entries.get(type);
  if (entry?.kind !== 'drawn' || before?.served.state.revision !== served.state.revision) return undefined;
  const same =
    entry.choices.length === choices.length &&
    entry.choices.every(({ cluster, share }, index) => {
      return cluster === choices[index]?.cluster && share === choices[index].share;
    });
  return same ? entry.draw : undefined;
}

interface Eligible {
  readonly target: ServedTarget;
  readonly share: number;
  readonly data: readonly Buffer[];
}

/**
 * Clusters with traffic and with addresses of the family, without those that are down. When nothing would be left they
 * are all answered: an address that may work is better than none.
 */
function eligible({ state, targets, failsOpen }: ServedHost, family: 'a' | 'aaaa'): readonly Eligible[] {
  const all = targets.flatMap((target): Eligible[] => {
    const share = state.targets.find(({ cluster }) => cluster === target.cluster)?.share ?? 0;
    const data = addressData(target.addresses)[family];
    return share > 0 && data.length > 0 ? [{ target, share, data }] : [];
  });
  const alive = failsOpen ? all : all.filter(({ target }) => target.health.kind !== 'down');
  return inOrder(alive.length > 0 ? alive : all, state.routing);
}

/** Whether every cluster with traffic has addresses of a family: otherwise its answers do not show the shares. */
function hasAll({ state, targets }: ServedHost, family: 'a' | 'aaaa'): boolean {
  return state.targets.every(({ cluster, share }) => {
    const target = targets.find((one) => one.cluster === cluster);
    return share === 0 || (target !== undefined && addressData(target.addresses)[family].length > 0);
  });
}

/** For failover the first one is what is answered. Who is not listed comes last: one that is drained may be all there is. */
function inOrder(eligibles: readonly Eligible[], routing: TrafficRouting): readonly Eligible[] {
  if (routing.kind !== 'failover') return eligibles;
  const { clusters } = routing;
  const listed = clusters.flatMap((name) => eligibles.filter(({ target }) => target.cluster === name));
  return [...listed, ...eligibles.filter(({ target }) => !clusters.includes(target.cluster))].slice(0, 1);
}

interface Owned {
  readonly owner: NameKey;
  readonly zone: Zone;
  readonly ttlSeconds: number;
}

/** One cluster, whatever its share and its health: to test it by name. */
function clusterEntries(addresses: readonly string[], { owner, zone, ttlSeconds }: Owned): ReadonlyMap<number, Entry> {
  const data = addressData(addresses);
  const sets = FAMILIES.map(([type, family]) => ({ type, ttlSeconds, data: data[family] }));
  return new Map(
    sets.filter((set) => set.data.length > 0).map((set) => [set.type, fixedEntry(zone, owner, set)] as const),
  );
}

function challenges(values: readonly string[], owner: NameKey, zone: Zone): FixedEntry {
  const data = values.map((value) => textValue([value]));
  return fixedEntry(zone, owner, { type: TYPE.TXT, ttlSeconds: CHALLENGE_TTL_SECONDS, data });
}
