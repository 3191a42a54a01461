import type { Source } from '../answer/responder.ts';
import type { Counters } from '../counters.ts';
import type { AnswerUnsigned, Transfers } from '../transfers.ts';
import { CLASS_IN, RCODE, TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { nameWire } from '../wire/names.ts';
import { parseQuery, type Query } from '../wire/query.ts';
import { encodeHeaderOnly, optRecord, udpLimit } from '../wire/response.ts';
import { flatHost } from '../zone/flat.ts';
import type { ZoneTree } from '../zone/tree.ts';
import type { CompiledHost } from '../zone/types.ts';
import type { SettledZone } from '../zone/zone.ts';
import { Journal } from './journal.ts';
import type { TsigKey } from './keys.ts';
import type { Secondary } from './policy.ts';
import { answerTransfer } from './respond.ts';
import { type Authentication, authenticate, signResponse, tsigSize, withoutTsig } from './tsig.ts';
import { diffVersions, type ZoneVersion, zoneVersion } from './zone-version.ts';

export interface ZoneTransfersOptions {
  readonly tree: ZoneTree;
  readonly keys: readonly TsigKey[];
  /** By zone; who is not listed gets nothing. */
  readonly secondaries: ReadonlyMap<string, readonly Secondary[]>;
  readonly nowSeconds: () => number;
  readonly counters: Pick<Counters, 'transfers' | 'transfersRefused'>;
}

interface Transferable {
  version: ZoneVersion | undefined;
  readonly journal: Journal;
}

/** Gives zones to the secondaries of the settings, whole or the changes since what they have. */
export class ZoneTransfers implements Transfers {
  readonly #options: ZoneTransfersOptions;
  readonly #zones = new Map<SettledZone, Transferable>();
  /** Records of a hostname for as long as it does not change: then a change of another one costs nothing here. */
  readonly #flat = new WeakMap<CompiledHost, readonly FlatRecord[]>();
  readonly #static = new Map<SettledZone, readonly FlatRecord[]>();

  constructor(options: ZoneTransfersOptions) {
    this.#options = options;
  }

  /** The tree says something else than before. */
  changed(): void {
    for (const zone of this.#options.tree.zones) {
      if (!this.#options.secondaries.has(zone.name)) continue;
      const known = this.#zones.get(zone) ?? { version: undefined, journal: new Journal() };
      if (known.version?.serial === zone.serial) continue;
      const version = this.#versionOf(zone);
      if (known.version !== undefined) known.journal.add(diffVersions(known.version, version));
      known.version = version;
      this.#zones.set(zone, known);
    }
  }

  respond(query: Query, from: Source, answer: AnswerUnsigned): Buffer | Iterable<Buffer> | undefined {
    const { keys, nowSeconds } = this.#options;
    const authentication: Authentication = query.signed
      ? authenticate(query.message, { keys, nowSeconds: nowSeconds() })
      : { kind: 'unsigned' };
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return this.#transfer(query, from, authentication);
    return authentication.kind === 'unsigned' ? undefined : this.#signed(query, authentication, answer);
  }

  #transfer(query: Query, from: Source, authentication: Authentication): Buffer | Iterable<Buffer> | undefined {
    const zone = this.#options.tree.zones.find(({ key }) => key === query.name);
    const secondaries = this.#options.secondaries.get(zone?.name ?? '');
    // Not ours, or nobody's business: refused as any other.
    if (zone === undefined || secondaries === undefined || query.class !== CLASS_IN) return undefined;
    const { version, journal } = this.#zones.get(zone) ?? { version: undefined, journal: new Journal() };
    const request = {
      message: query.message,
      questionEnd: query.questionEnd,
      type: query.type,
      authentication,
      clientAddress: from.address,
      opt: optRecord(query),
      ...(from.transport === 'udp' ? { udpLimit: udpLimit(query) } : {}),
    };
    const { kind, messages } = answerTransfer(request, { version, journal, secondaries }, this.#options.nowSeconds());
    if (kind === 'refused') this.#options.counters.transfersRefused += 1;
    else this.#options.counters.transfers += 1;
    if (from.transport === 'tcp') return messages;
    const [first] = messages;
    return first;
  }

  /** A query that is signed gets a signed answer (RFC 8945 section 5.3). */
  #signed(query: Query, authentication: Authentication, answer: AnswerUnsigned): Buffer {
    const now = this.#options.nowSeconds();
    if (authentication.kind === 'malformed') return encodeHeaderOnly(query.message, RCODE.FORMERR);
    if (authentication.kind === 'refused') {
      return signResponse(encodeHeaderOnly(query.message, RCODE.NOTAUTH), authentication, now);
    }
    const parsed = parseQuery(withoutTsig(query.message));
    if (parsed.kind !== 'query') return encodeHeaderOnly(query.message, RCODE.FORMERR);
    return signResponse(answer(parsed.query, tsigSize(authentication)), authentication, now);
  }

  #versionOf(zone: SettledZone): ZoneVersion {
    const apex = nameWire(zone.key);
    const soa = { owner: apex, type: TYPE.SOA, ttlSeconds: zone.negativeTtlSeconds, data: zone.soaData() };
    const parts = new Map<string, readonly FlatRecord[]>([['', this.#staticOf(zone)]]);
    for (const [host, compiled] of this.#options.tree.hosts) {
      if (compiled.node.zone === zone) parts.set(host, this.#flatOf(compiled));
    }
    return zoneVersion(soa, parts);
  }

  #staticOf(zone: SettledZone): readonly FlatRecord[] {
    const known = this.#static.get(zone) ?? this.#options.tree.recordsOf(zone);
    this.#static.set(zone, known);
    return known;
  }

  #flatOf(compiled: CompiledHost): readonly FlatRecord[] {
    const known = this.#flat.get(compiled) ?? flatHost(compiled);
    this.#flat.set(compiled, known);
    return known;
  }
}
