import type { Reading, SluiceClient, SteeringVerb } from '../../src/client/client.ts';
import { ClientError } from '../../src/client/errors.ts';
import { previewOfNew, simulatePreview } from '../../src/client/simulation.ts';
import type { Scenario } from '../../src/plan/simulate-scenario.ts';
import type { BackendId, Plan } from '../../src/plan/types.ts';
import { parse } from '../../src/spec/parse.ts';
import type { PromoteInput, Steering } from '../../src/workflows/messages.ts';
import type { Status } from '../../src/workflows/status.ts';

export interface Steered {
  readonly verb: SteeringVerb;
  readonly namespace: string;
  readonly name: string;
  readonly input: PromoteInput;
}

/** A SluiceClient without Temporal for tests of what stands before it. Validates as the workflow does, steers nothing. */
export class MemoryClient implements SluiceClient {
  readonly statuses = new Map<string, Status>();
  readonly steered: Steered[] = [];
  readonly applied: { readonly document: unknown; readonly steering: Steering }[] = [];
  /** Thrown by every call while it is set. */
  failure: Error | undefined;
  staleSince: string | undefined;
  /** How many watches are open now. */
  watching = 0;
  readonly #watchers = new Set<() => void>();

  async apply(document: unknown, steering: Steering) {
    this.#failIfAsked();
    const { namespace, name, host } = valid(document);
    this.applied.push({ document, steering });
    const before = this.statuses.get(`${namespace}/${name}`);
    if (JSON.stringify(before?.document) === JSON.stringify(document)) {
      return { outcome: 'unchanged', generation: before?.generation ?? 1 } as const;
    }
    const generation = (before?.generation ?? 0) + 1;
    this.put(aStatus({ namespace, name, host, generation, document }));
    return { outcome: before === undefined ? 'created' : 'updated', generation } as const;
  }

  async preview(document: unknown) {
    this.#failIfAsked();
    const { host } = valid(document);
    return { outcome: 'created', plan: { ...emptyPlan, host } } as const;
  }

  /** As if nothing served yet. */
  async simulate(document: unknown, scenario: Scenario) {
    this.#failIfAsked();
    return simulatePreview(previewOfNew(valid(document)), scenario);
  }

  async get(namespace: string, name: string) {
    this.#failIfAsked();
    return this.#reading(this.#find(namespace, name));
  }

  async list(namespace?: string) {
    this.#failIfAsked();
    const all = [...this.statuses.values()];
    return this.#reading(all.filter((status) => namespace === undefined || status.namespace === namespace));
  }

  async steer(verb: SteeringVerb, namespace: string, name: string, input: PromoteInput) {
    this.#failIfAsked();
    this.#find(namespace, name);
    this.steered.push({ verb, namespace, name, input });
    return { message: `${verb} of ${namespace}/${name} accepted` };
  }

  async watch(namespace: string, name: string, onStatus: (reading: Reading<Status>) => void, signal: AbortSignal) {
    this.#failIfAsked();
    this.#find(namespace, name);
    this.watching += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (this.failure !== undefined) return reject(this.failure);
          const status = this.statuses.get(`${namespace}/${name}`);
          if (status === undefined) return resolve();
          onStatus(this.#reading(status));
        };
        this.#watchers.add(look);
        signal.addEventListener('abort', () => {
          this.#watchers.delete(look);
          resolve();
        });
        look();
      });
    } finally {
      this.watching -= 1;
    }
  }

  async health() {
    return [];
  }

  put(status: Status): void {
    this.statuses.set(`${status.namespace}/${status.name}`, status);
    this.changed();
  }

  remove(namespace: string, name: string): void {
    this.statuses.delete(`${namespace}/${name}`);
    this.changed();
  }

  /** Makes every watch look again: at a new status, or at `failure`. */
  changed(): void {
    for (const look of this.#watchers) look();
  }

  #find(namespace: string, name: string): Status {
    const status = this.statuses.get(`${namespace}/${name}`);
    if (status !== undefined) return status;
    throw new ClientError('notFound', `there is no FederatedIngress ${namespace}/${name}`);
  }

  #reading<T>(value: T): Reading<T> {
    return this.staleSince === undefined ? { value } : { value, staleSince: this.staleSince };
  }

  #failIfAsked(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

/** A status that is Ready, with the given fields instead. */
export function aStatus(fields: Partial<Status> = {}): Status {
  return {
    namespace: 'default',
    name: 'shop',
    host: 'shop.example.test',
    createdAt: '2026-11-21T08:00:00.000Z',
    generation: 1,
    liveGeneration: 1,
    document: aDocument(),
    state: 'Ready',
    message: 'serves generation 1',
    conditions: [],
    backends: [],
    revision: 3,
    history: [],
    ...fields,
  };
}

export function aDocument(fields: { readonly name?: string; readonly weight?: number } = {}) {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name: fields.name ?? 'shop', namespace: 'default' },
    spec: {
      host: 'shop.example.test',
      leaf: { kind: 'Ingress' },
      backends: [{ name: 'v1', cluster: 'east', service: { name: 'shop', port: 80 }, weight: fields.weight ?? 100 }],
    },
  };
}

// A brand has nothing to check; backendId makes these strings from a Backend.
const east = 'east/default/shop:80' as BackendId;

const allocation = {
  backends: [
    {
      name: 'v1',
      cluster: 'east',
      namespace: 'default',
      routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 80 } }],
      weight: 100,
    },
  ],
  shares: { [east]: 10_000 },
} as const;

const leaf = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'shop' } as const;

const emptyPlan: Plan = {
  host: 'shop.example.test',
  from: { backends: [], shares: {} },
  to: allocation,
  changes: [],
  leaves: { create: [leaf], update: [], remove: [] },
  steps: [
    { kind: 'applyLeaves', leaves: [leaf] },
    { kind: 'setWeight', weight: 100, shares: { [east]: 10_000 }, ttlSeconds: 0 },
  ],
  earliestSeconds: 1,
  latestSeconds: 120,
};

function valid(document: unknown) {
  const parsed = parse(document);
  if (parsed.kind === 'valid') return parsed.value;
  throw new ClientError('invalid', 'the document is not right', { issues: parsed.issues });
}
