import type { ServedHost } from '../served.ts';
import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { encodeName, firstLabel, type NameKey, nameKey, parentKey } from '../wire/names.ts';
import { type CompileHostOptions, compileHost } from './compile-host.ts';
import { compileStatic, staticRecords, type ZoneKeys } from './compile-static.ts';
import { denialOf } from './denial.ts';
import type { CompiledHost, Delegation, Node, Zone } from './types.ts';
import { isInZone, makeZones, type SettledZone, type ZoneSettings } from './zone.ts';

export type Found =
  | { readonly kind: 'node'; readonly node: Node }
  /** What answers for a name that is not there (RFC 4592). */
  | { readonly kind: 'wildcard'; readonly node: Node }
  | { readonly kind: 'delegated'; readonly zone: Zone; readonly cut: Delegation; readonly node: Node | undefined }
  | { readonly kind: 'missing'; readonly zone: Zone }
  | { readonly kind: 'outside' };

/** What is to be served from now on, beside what is not named here. */
export interface TreeUpdate {
  /** New ones and changed ones. */
  readonly hosts: readonly ServedHost[];
  readonly removed: readonly string[];
  /** SOA serials, by zone. */
  readonly serials: Readonly<Record<string, number>>;
  /** Whether these revisions are in force at every server of the same address as soon as they are here. */
  readonly confirmed: boolean;
}

/** A zone as it is set up, with the records of its file. */
export interface ZoneContent extends ZoneSettings {
  readonly records: readonly FlatRecord[];
  readonly keys?: ZoneKeys | undefined;
}

const OUTSIDE: Found = { kind: 'outside' };

/**
 * Every name that is served. It changes in place, host by host, between two answers: no answer sees half a change, and a
 * change costs what it changes, not what is there.
 */
export class ZoneTree {
  readonly #options: CompileHostOptions;
  readonly #contents: readonly ZoneContent[];
  readonly #zones: readonly SettledZone[];
  /** What answers. */
  readonly #nodes = new Map<NameKey, Node>();
  /** What would answer without hostnames. */
  readonly #static = new Map<NameKey, Node>();
  readonly #hosts = new Map<string, CompiledHost>();
  readonly #aboveApex = new Map<NameKey, Node>();
  /** How many hostnames are below a name that has nothing else. */
  readonly #below = new Map<NameKey, number>();

  constructor(
    contents: readonly ZoneContent[],
    serials: Readonly<Record<string, number>>,
    options: CompileHostOptions,
  ) {
    this.#options = options;
    this.#contents = contents;
    this.#zones = makeZones(contents, serials);
    for (const zone of this.#zones) {
      const content = contents.find(({ name }) => name === zone.name);
      const { records = [], keys } = content ?? {};
      for (const [key, node] of compileStatic({ zone, records, keys })) this.#addStatic(zone, key, node);
    }
    for (const zone of this.#zones) this.#addAboveApex(zone);
  }

  /** What a zone has besides its hostnames. */
  recordsOf(zone: SettledZone): readonly FlatRecord[] {
    return staticRecords(zone, this.#contents.find(({ name }) => name === zone.name)?.records ?? []);
  }

  get zones(): readonly SettledZone[] {
    return this.#zones;
  }

  /** By hostname. */
  get hosts(): ReadonlyMap<string, CompiledHost> {
    return this.#hosts;
  }

  apply({ hosts, removed, serials, confirmed }: TreeUpdate): void {
    for (const host of removed) this.#remove(host);
    for (const served of hosts) {
      this.#add(served);
      if (confirmed) this.confirm(served.state.host, served.state.revision);
    }
    for (const zone of this.#zones) {
      const serial = serials[zone.name];
      if (serial !== undefined && serial !== zone.serial) zone.renumber(serial);
    }
  }

  /** This revision is in force at every server of the same address. */
  confirm(host: string, revision: number): void {
    const compiled = this.#hosts.get(host);
    // A newer one may be here already, which others do not have yet.
    if (compiled !== undefined && revision <= compiled.served.state.revision) compiled.confirmed.revision = revision;
  }

  /**
   * The closest thing to a name (RFC 1034 section 4.3.2). A name of its own wins over one that a hostname gives to its
   * clusters, unless it has nothing but names below it.
   */
  find(name: NameKey): Found {
    const own = this.#nodes.get(name);
    if (own !== undefined && !isEmptyNonTerminal(own)) return foundAt(own);
    const node = this.#childAt(name) ?? own;
    return node === undefined ? this.#findAbove(parentKey(name)) : foundAt(node);
  }

  /** The innermost zone that holds a name. */
  zoneOf(name: NameKey): SettledZone | undefined {
    return this.#zones.findLast((zone) => isInZone(name, zone.key));
  }

  /** What the zone above says of the apex of one that is served here too: DS is there (RFC 4035 section 3.1.4.1). */
  aboveApex({ key }: Zone): Node | undefined {
    return this.#aboveApex.get(key);
  }

  /** The innermost zone has the say. */
  #addStatic(zone: Zone, key: NameKey, node: Node): void {
    const innermost = this.zoneOf(key);
    if (innermost === zone) {
      this.#static.set(key, node);
      this.#nodes.set(key, node);
    } else if (innermost?.key === key) {
      this.#aboveApex.set(key, node);
    }
  }

  /**
   * Without DS the zone above proves that this is a cut, whether its file says so or not: from a proof that is not of a
   * cut validators would conclude that the zone below is signed by the one above (RFC 6840 section 4.4).
   */
  #addAboveApex({ key, parent }: Zone): void {
    if (parent === undefined) return;
    const node = this.#aboveApex.get(key) ?? { zone: parent, entries: new Map() };
    this.#aboveApex.set(key, { ...node, denial: denialOf(parent, key, { kind: 'insecureDelegation' }) });
  }

  #findAbove(start: NameKey | undefined): Found {
    for (let key = start; key !== undefined; key = parentKey(key)) {
      const node = this.#nodes.get(key) ?? this.#childAt(key);
      if (node === undefined) continue;
      if (node.cut !== undefined) return { kind: 'delegated', zone: node.zone, cut: node.cut, node: undefined };
      return node.wildcard === undefined
        ? { kind: 'missing', zone: node.zone }
        : { kind: 'wildcard', node: node.wildcard };
    }
    return OUTSIDE;
  }

  /** A name that the hostname above it gives to one of its clusters. */
  #childAt(name: NameKey): Node | undefined {
    const parent = parentKey(name);
    return parent === undefined ? undefined : this.#nodes.get(parent)?.children?.get(firstLabel(name));
  }

  #add(served: ServedHost): void {
    const { host } = served.state;
    const key = hostKey(host);
    const zone = key === undefined ? undefined : this.zoneOf(key);
    // Admission keeps such hostnames out; a zone may have left the settings since.
    if (key === undefined || zone === undefined) return this.#remove(host);
    const before = this.#hosts.get(host);
    const compiled = compileHost({ served, key, zone, before }, this.#options);
    this.#hosts.set(host, compiled);
    this.#nodes.set(key, beside(compiled.node, this.#static.get(key)));
    if (before === undefined) this.#countAbove(key, 1);
  }

  #remove(host: string): void {
    const compiled = this.#hosts.get(host);
    if (compiled === undefined) return;
    this.#hosts.delete(host);
    const { key } = compiled;
    const plain = this.#static.get(key);
    if (plain !== undefined) this.#nodes.set(key, plain);
    else if (this.#below.has(key)) this.#nodes.set(key, { zone: compiled.node.zone, entries: new Map() });
    else this.#nodes.delete(key);
    this.#countAbove(key, -1);
  }

  /** Names above a hostname exist for as long as it does (RFC 8020 section 2). */
  #countAbove(host: NameKey, change: 1 | -1): void {
    const zone = this.zoneOf(host);
    // Above an apex nothing is ours.
    if (zone === undefined || zone.key === host) return;
    for (let key = parentKey(host); key !== undefined && !this.#static.has(key); key = parentKey(key)) {
      const count = (this.#below.get(key) ?? 0) + change;
      if (count > 0) this.#below.set(key, count);
      else this.#below.delete(key);
      const node = this.#nodes.get(key);
      if (count > 0 && node === undefined) this.#nodes.set(key, { zone, entries: new Map() });
      if (count === 0 && node !== undefined && isEmptyNonTerminal(node)) this.#nodes.delete(key);
    }
  }
}

function foundAt(node: Node): Found {
  if (node.cut === undefined) return { kind: 'node', node };
  return { kind: 'delegated', zone: node.zone, cut: node.cut, node };
}

/** A hostname without addresses is no such thing. */
function isEmptyNonTerminal({ entries, children }: Node): boolean {
  return entries.size === 0 && children === undefined;
}

/** What a zone file has at a hostname stays beside it: the hostname's own types win, and an alias has to go. */
function beside(node: Node, plain: Node | undefined): Node {
  if (plain === undefined) return node;
  const others = [...plain.entries].filter(([type]) => type !== TYPE.CNAME);
  const { wildcard } = plain;
  return {
    ...node,
    entries: new Map([...others, ...node.entries]),
    ...(wildcard === undefined ? {} : { wildcard }),
  };
}

function hostKey(host: string): NameKey | undefined {
  const wire = encodeName(host);
  return wire === undefined ? undefined : nameKey(wire, 0, wire.length);
}
