import type { Entity } from './entity.ts';

/**
 * Clusters that do not answer, and since when (milliseconds since the epoch). A walk that begins anew, or goes on in the next
 * run, finds the clocks as they were: only an answer of the cluster, or the end of the rollout, stops one.
 */
export class Away {
  readonly #entity: Entity;
  #waitedFor: readonly string[] = [];

  constructor(entity: Entity) {
    this.#entity = entity;
  }

  /** Those that something waits for now. */
  get waitedFor(): ReadonlyMap<string, number> {
    const { away = {} } = this.#entity;
    return new Map(
      this.#waitedFor.flatMap((cluster) => (away[cluster] === undefined ? [] : [[cluster, away[cluster]]])),
    );
  }

  /** These are waited for now, since they do not answer. */
  note(clusters: readonly string[]): void {
    this.#waitedFor = clusters;
    const begun = Object.fromEntries(clusters.map((cluster) => [cluster, Date.now()]));
    if (clusters.length > 0) this.#entity.away = { ...begun, ...this.#entity.away };
  }

  answered(clusters: readonly string[]): void {
    const { away } = this.#entity;
    if (!away || !clusters.some((cluster) => away[cluster] !== undefined)) return;
    const left = Object.entries(away).filter(([cluster]) => !clusters.includes(cluster));
    this.#entity.away = Object.fromEntries(left);
  }
}
