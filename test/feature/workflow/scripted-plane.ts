import type { Observation, Plane } from '../../../src/planes/plane.ts';
import type { GlobalIngressStore } from '../../../src/planes/store/store.ts';

/** DNS servers that follow the store at once, or are away when a test says so. */
export class ScriptedPlane implements Plane {
  readonly name = 'dns';
  away = false;
  /** DNS servers beside `one` that do not follow. */
  silent: readonly string[] = [];
  readonly #store: GlobalIngressStore;

  constructor(store: GlobalIngressStore) {
    this.#store = store;
  }

  async observe(host: string, revision: number) {
    const served = (await this.#store.get(host))?.revision ?? 0;
    const isServed = !this.away && served >= revision;
    const one = isServed ? ({ kind: 'inForce', instance: 'one' } as const) : isAway('one');
    return [one, ...this.silent.map(isAway)];
  }

  /** Answers that were given since the store was opened, by cluster. */
  answers: Record<string, number> = {};

  async measure() {
    return { 'one#1': { ...this.answers } };
  }

  async health() {
    return [];
  }
}

function isAway(instance: string): Observation {
  return { kind: 'unknown', instance, reason: 'Away', message: `${instance} is away` };
}
