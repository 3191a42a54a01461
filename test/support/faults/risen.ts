import type { Activities } from '../../../src/activities/types.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { LeafIntent, Readiness } from '../../../src/planes/leaf/leaf.ts';
import type { Observed } from '../../../src/workflows/messages.ts';
import type { WorkflowFact } from './workflow-history.ts';

export interface Risen {
  /** How often a share rose on the way forward. */
  readonly rises: number;
  readonly wrong: readonly string[];
}

interface Seen {
  readonly kind: Readiness['kind'];
  /** Which fact told it. */
  readonly at: number;
}

/**
 * Invariant 2, by what Temporal keeps: when a share rises, inside a cluster or between them, the last word on the backend is
 * that it is ready, and that was said after its leaf was written. Going back asks nobody.
 */
export function risenUnready(facts: readonly WorkflowFact[]): Risen {
  const walk = new Walk();
  for (const [at, fact] of facts.entries()) walk.take(at, fact);
  return { rises: walk.rises, wrong: walk.wrong };
}

class Walk {
  rises = 0;
  readonly wrong: string[] = [];
  #watch = '';
  readonly #seen = new Map<string, Seen>();
  /** By cluster: which fact told that its leaf was written last, and for whom. */
  readonly #written = new Map<string, number>();
  readonly #backends = new Map<string, LeafIntent['backends']>();
  #shares: Readonly<Record<string, number>> = {};

  take(at: number, fact: WorkflowFact): void {
    if (fact.kind === 'signal') return this.#signal(at, fact.input);
    switch (fact.activity) {
      case 'followReadiness':
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this activity is given
        if (fact.kind === 'scheduled') this.#watch = (fact.input as Input<'followReadiness'>).watch;
        return;
      case 'applyLeaves':
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this activity is given
        return this.#write(at, fact, fact.input as Input<'applyLeaves'>);
      case 'shiftTraffic':
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this activity is given
        if (fact.kind === 'scheduled') this.#shift(fact.summary, fact.input as Input<'shiftTraffic'>);
        return;
      default:
        return;
    }
  }

  #signal(at: number, input: unknown): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only activities send signals here
    const { watch, readiness = [] } = input as Observed;
    if (watch !== this.#watch) return;
    for (const { backend, kind } of readiness) this.#seen.set(backend, { kind, at });
  }

  #write(
    at: number,
    { kind, summary }: Extract<WorkflowFact, { activity: string }>,
    input: Input<'applyLeaves'>,
  ): void {
    for (const { ref, backends } of input.leaves) {
      if (kind === 'completed') {
        if (!input.observed && input.giveUpAt === undefined) this.#written.set(ref.cluster, at);
        continue;
      }
      if (input.observed) this.#reweight(ref.cluster, backends, summary);
      this.#backends.set(ref.cluster, backends);
    }
  }

  /** Inside a cluster. */
  #reweight(cluster: string, next: LeafIntent['backends'], summary: string): void {
    const before = this.#backends.get(cluster) ?? [];
    for (const { backend, share } of next) {
      const id = backendId(backend);
      const was = before.find((one) => backendId(one.backend) === id)?.share ?? 0;
      if (share > was) this.#rise(cluster, id, `${summary}: ${id} from ${was} to ${share} in ${cluster}`);
    }
  }

  /** Between clusters. */
  #shift(summary: string, { globalIngress }: Input<'shiftTraffic'>): void {
    const shares = Object.fromEntries(globalIngress.targets.map(({ cluster, share }) => [cluster, share]));
    if (!summary.startsWith('"Roll back')) {
      for (const [cluster, share] of Object.entries(shares)) {
        const was = this.#shares[cluster] ?? 0;
        if (share <= was) continue;
        const served = (this.#backends.get(cluster) ?? []).map(({ backend }) => backendId(backend));
        const ready = served.find((id) => this.#isReady(cluster, id)) ?? served[0] ?? '';
        this.#rise(cluster, ready, `${summary}: ${cluster} from ${was} to ${share}`);
      }
    }
    this.#shares = shares;
  }

  #rise(cluster: string, id: string, what: string): void {
    this.rises += 1;
    if (this.#isReady(cluster, id)) return;
    const seen = this.#seen.get(id);
    const word = seen === undefined ? 'nothing was seen of it' : `${seen.kind} was said at ${seen.at}`;
    this.wrong.push(`${what}, but ${word}, and it was written at ${this.#written.get(cluster)}`);
  }

  #isReady(cluster: string, id: string): boolean {
    const seen = this.#seen.get(id);
    return seen?.kind === 'ready' && seen.at > (this.#written.get(cluster) ?? -1);
  }
}

type Input<Name extends keyof Activities> = Parameters<Activities[Name]>[0];
