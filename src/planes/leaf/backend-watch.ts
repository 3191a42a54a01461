import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { SECRET } from '../../lib/kubernetes/resources.ts';
import { certificateName } from '../../plan/leaves.ts';
import { certificateState, isCopied } from './certificate.ts';
import type { Evidence } from './evidence.ts';
import { kindOf } from './kinds/all.ts';
import type { Sighting } from './kinds/kind.ts';
import type { ReadinessTarget } from './leaf.ts';
import { objectRef } from './object-ref.ts';
import { RelatedWatch } from './related-watch.ts';
import { certificates, type Report, watchAny, watchOurs } from './watched.ts';
import type { Written } from './written.ts';

type Facts = Pick<Evidence, 'sighting' | 'related' | 'unreachable' | 'certificate'>;

/** What is watched by name: the backend's object, the copy of its certificate, and that of the hub. */
type Part = 'own' | 'copy' | 'hub';

const NOT_ASKED: Sighting = { kind: 'notAsked' };

export interface BackendWatchOptions {
  readonly cluster: RegisteredCluster;
  readonly hub?: RegisteredCluster | undefined;
  readonly target: ReadinessTarget;
  readonly written: Written;
  readonly onChange: () => void;
}

/** What API servers say of one backend: its object, that to which it refers, and its certificate. */
export class BackendWatch {
  readonly #options: BackendWatchOptions;
  readonly #sightings = new Map<Part, Sighting>();
  readonly #unreachable = new Map<Part, KubernetesError>();
  readonly #stops: (() => void)[] = [];
  readonly #related: RelatedWatch;
  #certificate: Evidence['certificate'];

  constructor(options: BackendWatchOptions) {
    this.#options = options;
    this.#related = new RelatedWatch(options.cluster, options.onChange);
  }

  start(): void {
    const { cluster, hub, target } = this.#options;
    const { ref, owner, owned, tls } = target;
    this.#certificate = this.#compareCertificates();
    this.#relate(undefined);
    this.#follow('own', (onReport) => (owned ? watchOurs : watchAny)(cluster, objectRef(ref), onReport));
    if (!hub || !tls || !copiesCertificate(target)) return;
    const copy = { resource: SECRET, namespace: ref.namespace, name: certificateName(owner.name) };
    const source = { namespace: owner.namespace, name: tls.secretName };
    this.#follow('copy', (onReport) => watchOurs(cluster, copy, onReport));
    this.#follow('hub', (onReport) => certificates(hub).follow(source, onReport));
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#related.stop();
  }

  facts(): Facts {
    const { related, unreachable: relatedFault } = this.#related.facts();
    const fault = this.#unreachable.get('own') ?? relatedFault;
    return {
      sighting: this.#sighting('own'),
      related,
      ...(fault && { unreachable: { reason: fault.failure.reason, message: fault.message } }),
      ...(this.#certificate && { certificate: this.#certificate }),
    };
  }

  #follow(part: Part, follow: (onReport: (report: Report) => void) => () => void): void {
    this.#stops.push(
      follow((report) => {
        this.#note(part, report);
        this.#options.onChange();
      }),
    );
  }

  #note(part: Part, report: Report): void {
    if (report.kind === 'unreachable') {
      this.#unreachable.set(part, report.error);
      this.#certificate = this.#compareCertificates();
      return;
    }
    this.#unreachable.delete(part);
    const { written, target } = this.#options;
    if (part === 'own' && report.kind === 'object') {
      if (written.isBefore(target.ref, report.object)) return;
      this.#relate(report.object);
    }
    this.#sightings.set(part, report);
    if (part !== 'own') this.#certificate = this.#compareCertificates();
  }

  #relate(object: AnyObject | undefined): void {
    const { target } = this.#options;
    this.#related.to(kindOf(target.ref.kind).related(target, object));
  }

  #sighting(part: Part): Sighting {
    return this.#sightings.get(part) ?? NOT_ASKED;
  }

  /** While the hub cannot be asked, a copy that is there is as good as it was. */
  #compareCertificates(): Evidence['certificate'] {
    const { hub: from, target } = this.#options;
    if (!from || !target.tls || !copiesCertificate(target)) return undefined;
    const copy = this.#sighting('copy');
    const source = this.#sighting('hub');
    const isSilent = source.kind === 'notAsked' && this.#unreachable.has('hub');
    const { cluster, namespace } = target.ref;
    const name = `Secret ${namespace}/${certificateName(target.owner.name)}`;
    return certificateState({ cluster, name, hub: isSilent ? copy : source, copy }) ?? 'notAsked';
  }
}

/** The certificate of this backend comes from the hub, if there is one. */
function copiesCertificate({ tls, owned }: ReadinessTarget): boolean {
  return owned && isCopied(tls);
}
