import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { SERVICE } from '../../lib/kubernetes/resources.ts';
import { backendId } from '../../plan/backend-id.ts';
import { certificateDrift } from './certificate.ts';
import { driftOf, REMOVED } from './drift.ts';
import { kindOf } from './kinds/all.ts';
import type { Sighting } from './kinds/kind.ts';
import type { DriftField, LeafDrift, LeafIntent } from './leaf.ts';
import { objectRef } from './object-ref.ts';
import { certificates, type Report, watchAny, watchOurs } from './watched.ts';
import type { Written } from './written.ts';

/**
 * How long a difference that no other manager is named for has to last before it is told, milliseconds: it may be a
 * write or a removal of ours that whoever follows does not know of yet.
 */
const SETTLE_MS = 2_000;

export interface DriftWatchOptions {
  readonly cluster: RegisteredCluster;
  readonly hub?: RegisteredCluster | undefined;
  /** As written last; it may change while it is watched. */
  readonly intent: () => LeafIntent;
  readonly written: Written;
  readonly onChange: (drift: LeafDrift) => void;
  /** A bug: what `onChange` or the comparison throws. */
  readonly onFault: (error: unknown) => void;
}

/** Compares one object with what was written, whenever it or what it is made from changes. */
export class DriftWatch {
  readonly #options: DriftWatchOptions;
  readonly #sightings = new Map<string, Sighting>();
  readonly #stops: (() => void)[] = [];
  #settling: NodeJS.Timeout | undefined;
  #told: string | undefined;

  constructor(options: DriftWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { cluster, hub } = this.#options;
    const intent = this.#options.intent();
    const { ref, owner, tls } = intent;
    const { namespace } = ref;
    this.#follow('own', (onReport) => watchOurs(cluster, objectRef(ref), onReport));
    for (const service of kindOf(ref.kind).services(intent)) {
      const source = { resource: SERVICE, namespace, name: service };
      this.#follow(`Service ${service}`, (onReport) => watchAny(cluster, source, onReport));
    }
    if (ref.kind !== 'Secret' || !hub || !tls) return;
    const source = { namespace: owner.namespace, name: tls.secretName };
    this.#follow('hub', (onReport) => certificates(hub).follow(source, onReport));
  }

  stop(): void {
    clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
  }

  #follow(name: string, follow: (onReport: (report: Report) => void) => () => void): void {
    const { written, intent } = this.#options;
    const stop = follow((report) => {
      if (report.kind === 'unreachable') return;
      if (name === 'own' && report.kind === 'object' && written.isBefore(intent().ref, report.object)) return;
      this.#sightings.set(name, report);
      this.compare();
    });
    this.#sightings.set(name, { kind: 'notAsked' });
    this.#stops.push(stop);
  }

  /** Also to be called when the intent or the settings of the cluster may have changed. */
  compare(): void {
    try {
      this.#compare();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #compare(): void {
    clearTimeout(this.#settling);
    const fields = this.#fields();
    if (!fields) return;
    const isTheirs = fields.length === 0 || fields.some(({ manager }) => manager !== undefined);
    if (isTheirs) this.#tell(fields);
    else this.#settling = setTimeout(() => this.#tell(fields), SETTLE_MS);
  }

  #tell(fields: readonly DriftField[]): void {
    const { intent, onChange, onFault } = this.#options;
    const { ref, backends } = intent();
    const text = JSON.stringify(fields);
    if (text === this.#told) return;
    this.#told = text;
    try {
      onChange({ ref, fields, ...splitOf(backends) });
    } catch (error) {
      onFault(error);
    }
  }

  /** Undefined: it cannot be told now. */
  #fields(): readonly DriftField[] | undefined {
    if ([...this.#sightings.values()].some(({ kind }) => kind === 'notAsked')) return undefined;
    const { cluster } = this.#options;
    const intent = this.#options.intent();
    const own = this.#objectAt('own');
    const secret = this.#objectAt('hub');
    if (!own) return REMOVED;
    const found = { services: this.#services(), ...(secret && { secret }) };
    const wanted = kindOf(intent.ref.kind).manifest(intent, cluster, found);
    if (wanted.kind === 'refused') return undefined;
    if (!secret) return driftOf(wanted.manifest, own);
    const { data: _data, ...rest } = wanted.manifest;
    return [...driftOf(rest, own), ...certificateDrift(secret, own)];
  }

  #services(): ReadonlyMap<string, AnyObject> {
    const services = new Map<string, AnyObject>();
    const intent = this.#options.intent();
    for (const name of kindOf(intent.ref.kind).services(intent)) {
      const object = this.#objectAt(`Service ${name}`);
      if (object) services.set(name, object);
    }
    return services;
  }

  #objectAt(name: string): AnyObject | undefined {
    const sighting = this.#sightings.get(name);
    return sighting?.kind === 'object' ? sighting.object : undefined;
  }
}

function splitOf(backends: LeafIntent['backends']): Pick<LeafDrift, 'shares'> {
  if (backends.length < 2) return {};
  return { shares: Object.fromEntries(backends.map(({ backend, share }) => [backendId(backend), share])) };
}
