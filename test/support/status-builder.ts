import { type BackendNames, stepText } from '../../src/plan/explain.ts';
import type { BackendId, LeafRef, PlanStep, Shares } from '../../src/plan/types.ts';
import type {
  BackendStatus,
  Condition,
  EntityState,
  Gate,
  HistoryEntry,
  RolloutOutcome,
  RolloutStatus,
  Status,
  StepStatus,
} from '../../src/workflows/status.ts';

/** The moment at which a built status was read; ages and what is left count from here. */
export const NOW = new Date('2026-03-01T12:00:00Z');

const NAMES: BackendNames = { [id('east', 'shop')]: 'v1', [id('west', 'shop-v2')]: 'v2' };

/**
 * A status of the example `shop`: v1 in east serves, v2 in west is wanted by a canary of 10 %, a pause of 10 minutes,
 * 50 %, a pause until promoted, 100 %. Every method returns a new builder.
 */
export function aStatus(): StatusBuilder {
  return new StatusBuilder(base());
}

export class StatusBuilder {
  readonly #status: Status;

  constructor(status: Status) {
    this.#status = status;
  }

  build(): Status {
    return this.#status;
  }

  with(fields: Partial<Status>): StatusBuilder {
    return new StatusBuilder({ ...this.#status, ...fields });
  }

  /** Sets the state, its sentence, and the Ready condition that goes with it. */
  in(state: EntityState, message: string): StatusBuilder {
    const ready = state === 'Ready' ? 'True' : 'False';
    const conditions = this.#status.conditions.map((condition): Condition => {
      return condition.type === 'Ready' ? { ...condition, status: ready, reason: state, message } : condition;
    });
    return this.with({ state, message, conditions });
  }

  rollout(fields: Partial<RolloutStatus>): StatusBuilder {
    return this.with({ rollout: { ...rolloutOf(this.#status), ...fields } });
  }

  /** The rollout is at this step (1-based, as people count), which began some seconds ago. */
  atStep(number: number, times: { readonly begun?: number; readonly left?: number } = {}): StatusBuilder {
    const rollout = rolloutOf(this.#status);
    const steps = rollout.steps.map((step, index) => placeStep(step, index - (number - 1), times));
    return this.rollout({ step: number - 1, steps });
  }

  ended(outcome: RolloutOutcome, secondsAgo: number): StatusBuilder {
    return this.rollout({ outcome, endedAt: ago(secondsAgo) });
  }

  /** `sluice pause` came before the current step began. */
  held(): StatusBuilder {
    const { step: current, steps } = rolloutOf(this.#status);
    const held = steps.map((step, index) => (index === current ? { ...step, state: 'waiting' as const } : step));
    return this.rollout({ paused: true, steps: held });
  }

  /** What is in force, by name of backend, in basis points. */
  serving(shares: Readonly<Record<string, number>>): StatusBuilder {
    return this.#eachBackend((backend) => ({ ...backend, shareInForce: shares[backend.name] ?? 0 }));
  }

  backend(name: string, fields: Partial<BackendStatus>): StatusBuilder {
    return this.#eachBackend((backend) => (backend.name === name ? { ...backend, ...fields } : backend));
  }

  withoutBackend(name: string): StatusBuilder {
    return this.with({ backends: this.#status.backends.filter((backend) => backend.name !== name) });
  }

  /** The first rollout of all: only v1, and nothing to shift away from. */
  firstApply(): StatusBuilder {
    const v1 = id('east', 'shop');
    const steps: readonly PlanStep[] = [
      { kind: 'applyLeaves', leaves: [leaf('east')] },
      { kind: 'awaitReady', backends: [v1], timeoutSeconds: 120 },
      { kind: 'setWeight', weight: 100, shares: { [v1]: 10_000 }, ttlSeconds: 0 },
    ];
    const { liveGeneration: _none, ...status } = this.#status;
    return new StatusBuilder({ ...status, generation: 1, revision: 0, createdAt: ago(12) })
      .withoutBackend('v2')
      .backend('v1', { wantedShare: 10_000, shareInForce: 0 })
      .rollout({ generation: 1, startedAt: ago(12), steps: steps.map((step) => waiting(step, { [v1]: 'v1' })) });
  }

  /** Numbered from 1. */
  history(...entries: readonly Omit<HistoryEntry, 'number'>[]): StatusBuilder {
    return this.with({ history: entries.map((entry, index) => ({ number: index + 1, ...entry })) });
  }

  /** What has to hold before the current step ends. */
  gates(...gates: readonly Gate[]): StatusBuilder {
    const { step: current, steps } = rolloutOf(this.#status);
    return this.rollout({ steps: steps.map((step, index) => (index === current ? { ...step, gates } : step)) });
  }

  #eachBackend(change: (backend: BackendStatus) => BackendStatus): StatusBuilder {
    return this.with({ backends: this.#status.backends.map(change) });
  }
}

/** RFC 3339, some seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1000).toISOString();
}

function base(): Status {
  return {
    namespace: 'default',
    name: 'shop',
    host: 'shop.example.test',
    createdAt: ago(9 * 86_400),
    generation: 2,
    liveGeneration: 1,
    document: document(),
    state: 'Progressing',
    message: 'step 1 of 8: writing leaves',
    conditions: conditionsAtStart(),
    backends: [servingBackend('v1', 'east', 'shop'), servingBackend('v2', 'west', 'shop-v2')],
    rollout: {
      generation: 2,
      step: 0,
      steps: CANARY_STEPS.map((step) => waiting(step, NAMES)),
      startedAt: ago(1_200),
      paused: false,
    },
    revision: 17,
    history: [
      { number: 1, at: ago(9 * 86_400), actor: 'http:alice', action: 'Applied', message: 'generation 1' },
      {
        number: 2,
        at: ago(9 * 86_400 - 40),
        actor: 'sluice',
        action: 'Completed',
        message: 'generation 1 serves all traffic',
      },
      { number: 3, at: ago(1_200), actor: 'temporal', action: 'Applied', message: 'generation 2' },
    ],
  };
}

const CANARY_STEPS: readonly PlanStep[] = [
  { kind: 'applyLeaves', leaves: [leaf('west')] },
  { kind: 'awaitReady', backends: [id('west', 'shop-v2')], timeoutSeconds: 120 },
  { kind: 'setWeight', weight: 10, shares: sharesOf(9_000, 1_000), ttlSeconds: 30 },
  { kind: 'pause', durationSeconds: 600 },
  { kind: 'setWeight', weight: 50, shares: sharesOf(5_000, 5_000), ttlSeconds: 30 },
  { kind: 'pause' },
  { kind: 'setWeight', weight: 100, shares: sharesOf(0, 10_000), ttlSeconds: 30 },
  { kind: 'removeLeaves', leaves: [leaf('east')] },
];

function document(): unknown {
  const steps = [{ setWeight: 10 }, { pause: { duration: '10m' } }, { setWeight: 50 }, { pause: {} }];
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name: 'shop', namespace: 'default' },
    spec: {
      host: 'shop.example.test',
      leaf: { kind: 'Ingress', className: 'contour' },
      backends: [{ name: 'v2', cluster: 'west', service: { name: 'shop-v2', port: 80 } }],
      strategy: { canary: { steps } },
    },
  };
}

function conditionsAtStart(): readonly Condition[] {
  const shared = { observedGeneration: 2, lastTransitionTime: ago(1_200) };
  return [
    { type: 'Ready', status: 'False', reason: 'Progressing', message: 'step 1 of 8: writing leaves', ...shared },
    { type: 'Progressing', status: 'True', reason: 'Progressing', message: 'step 1 of 8: writing leaves', ...shared },
    { type: 'HostnameClaimed', status: 'True', reason: 'Claimed', message: 'shop.example.test is ours', ...shared },
  ];
}

function servingBackend(name: string, cluster: string, service: string): BackendStatus {
  const address = cluster === 'east' ? '127.0.0.11' : '127.0.0.12';
  return {
    id: id(cluster, service),
    name,
    cluster,
    namespace: 'default',
    wantedShare: name === 'v2' ? 10_000 : 0,
    shareInForce: name === 'v1' ? 10_000 : 0,
    readiness: 'Ready',
    reason: 'Ready',
    message: `answers at ${address}`,
    addresses: [address],
    leaf: leaf(cluster),
  };
}

function leaf(cluster: string): LeafRef {
  return { kind: 'Ingress', cluster, namespace: 'default', name: 'shop' };
}

function id(cluster: string, service: string): BackendId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the form that backendId() makes
  return `${cluster}/default/${service}:80` as BackendId;
}

function sharesOf(v1: number, v2: number): Shares {
  return { [id('east', 'shop')]: v1, [id('west', 'shop-v2')]: v2 };
}

function waiting(step: PlanStep, names: BackendNames): StepStatus {
  return { step, text: stepText(step, names), state: 'waiting', plannedSeconds: plannedOf(step) };
}

/** `distance` from the current step: before it all is done, each a minute long. */
function placeStep(step: StepStatus, distance: number, times: { begun?: number; left?: number }): StepStatus {
  const { plannedSeconds } = step;
  const bare = { step: step.step, text: step.text, plannedSeconds };
  const begun = times.begun ?? 0;
  if (distance > 0) return { ...bare, state: 'waiting' };
  if (distance === 0) {
    const until = times.left === undefined ? {} : { until: ago(-times.left) };
    return { ...bare, state: 'running', startedAt: ago(begun), ...until };
  }
  return { ...bare, state: 'done', startedAt: ago(begun - distance * 60), endedAt: ago(begun - (distance + 1) * 60) };
}

function plannedOf(step: PlanStep): number {
  if (step.kind === 'setWeight') return step.ttlSeconds;
  return step.kind === 'pause' ? (step.durationSeconds ?? 0) : 0;
}

function rolloutOf(status: Status): RolloutStatus {
  if (status.rollout === undefined) throw new Error('this status has no rollout');
  return status.rollout;
}
