import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { describeRef } from '../../lib/kubernetes/objects.ts';
import type { Related, Relation } from './kinds/kind.ts';
import { nodes, watchAny } from './watched.ts';

/** Watches that to which an object refers: a Gateway, or the nodes of the cluster. */
export class RelatedWatch {
  readonly #cluster: RegisteredCluster;
  readonly #onChange: () => void;
  #key = '';
  #related: Related = { kind: 'none' };
  #unreachable: KubernetesError | undefined;
  #stop: (() => void) | undefined;

  constructor(cluster: RegisteredCluster, onChange: () => void) {
    this.#cluster = cluster;
    this.#onChange = onChange;
  }

  /** From now on this is watched, and nothing else. */
  to(relation: Relation): void {
    const key = relation.kind === 'object' ? describeRef(relation.ref) : relation.kind;
    if (key === this.#key) return;
    this.stop();
    this.#key = key;
    this.#unreachable = undefined;
    this.#related = { kind: 'none' };
    if (relation.kind === 'object') this.#watchObject(relation.ref);
    if (relation.kind === 'nodes') this.#watchNodes();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  facts(): { readonly related: Related; readonly unreachable: KubernetesError | undefined } {
    return { related: this.#related, unreachable: this.#unreachable };
  }

  #watchObject(ref: Extract<Relation, { kind: 'object' }>['ref']): void {
    this.#related = { kind: 'object', sighting: { kind: 'notAsked' } };
    this.#stop = watchAny(this.#cluster, ref, (report) => {
      this.#unreachable = report.kind === 'unreachable' ? report.error : undefined;
      if (report.kind !== 'unreachable') this.#related = { kind: 'object', sighting: report };
      this.#onChange();
    });
  }

  #watchNodes(): void {
    this.#related = { kind: 'nodes', nodes: undefined };
    this.#stop = nodes(this.#cluster).followAll(({ objects, unreachable }) => {
      this.#unreachable = unreachable;
      // While the cluster cannot be asked, an empty list may be one that was never made.
      if (!unreachable || objects.length > 0) this.#related = { kind: 'nodes', nodes: objects };
      this.#onChange();
    });
  }
}
