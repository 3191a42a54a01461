import {
  type ApplicationFailure,
  CancellationScope,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { Mutex } from 'async-mutex';
import { backendId } from '../plan/backend-id.ts';
import type { BackendId } from '../plan/types.ts';
import type { Backend } from '../spec/types.ts';
import { activities, FOLLOWING } from './activities.ts';
import { Away } from './away.ts';
import { conditionsOf } from './conditions.ts';
import { currentDetails } from './details.ts';
import { DriftReports } from './drift-reports.ts';
import { activeRollout, type Entity, isDraining } from './entity.ts';
import { currentBackends, readinessTargets } from './leaf-intents.ts';
import type { Observed } from './messages.ts';
import { entityState, sentence } from './report.ts';
import { HOST, NAMESPACE, STATE } from './search-attributes.ts';
import { StatusTeller } from './sinks.ts';
import { TakeBacks } from './take-backs.ts';

/** What lives only as long as one workflow run: the durable part is the Entity. */
export class EntityRun {
  readonly entity: Entity;
  /** Something was processed since the run began: when idle, continue as new so that histories stay short. */
  dirty = false;
  /** `temporal workflow cancel` came in. */
  canceled = false;
  /** Why the hostname could not be claimed; the run is about to fail. */
  claimFailure: ApplicationFailure | undefined;
  /** One `apply` at a time: two documents that arrive together become two generations. */
  readonly applying = new Mutex();
  /** Somebody publishes: the walk, a rollback, or what follows addresses. One at a time. */
  publishing = false;
  /** The write that is under way. */
  publication: Publication | undefined;
  readonly takeBacks = new TakeBacks();
  readonly driftReports = new DriftReports();
  readonly #teller: StatusTeller;
  #walk: CancellationScope | undefined;
  #removal: CancellationScope | undefined;
  #follow: CancellationScope | undefined;
  #followToken: string | undefined;
  /** What running activities say they wait for, by their tokens. */
  readonly #waits = new Map<string, Wait>();
  readonly away: Away;
  /** Backends whose readiness the walk waits for. */
  #needed: readonly BackendId[] = [];
  #tokens = 0;
  #shown = '';

  constructor(entity: Entity) {
    this.entity = entity;
    this.away = new Away(entity);
    this.#teller = new StatusTeller(entity);
  }

  /** Runs `body` in a scope that `stopWalk` cancels. */
  async walking<T>(body: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope({ cancellable: true });
    this.#walk = scope;
    try {
      return await scope.run(body);
    } finally {
      this.#walk = undefined;
    }
  }

  /** The plan that is walked was made anew meanwhile: it is to be walked again from where it is. */
  replanned(): void {
    this.stopWalk();
  }

  /** Stops the walk through the current plan; why is to be read from the entity. */
  stopWalk(): void {
    this.#walk?.cancel();
  }

  /** Runs a removal of leaves in a scope that `hurryRemoval` cancels, to be begun again with less patience. */
  async removing<T>(body: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope({ cancellable: true });
    this.#removal = scope;
    try {
      return await scope.run(body);
    } finally {
      this.#removal = undefined;
    }
  }

  hurryRemoval(): void {
    this.#removal?.cancel();
  }

  /** Sends the traffic of the current rollout back. The first reason counts. */
  turnBack(reason: string, message: string): void {
    const rollout = activeRollout(this.entity);
    if (!rollout || rollout.rollback || isDraining(rollout)) return;
    delete rollout.held;
    rollout.rollback = { reason, message };
    this.stopWalk();
  }

  /** Runs an activity that may say what it waits for. What it said last stays when it fails: it tells why. */
  async work<T>(activity: (watch: string) => Promise<T>, onPublished: () => void = () => undefined): Promise<T> {
    const watch = this.nextToken();
    this.#waits.set(watch, { onPublished });
    this.#sayWaits();
    try {
      const result = await activity(watch);
      this.#waits.delete(watch);
      this.#sayWaits();
      return result;
    } finally {
      this.#waits.delete(watch);
      this.noteAway();
    }
  }

  /** What a running activity says it waits for; what an ended one said late is ignored. */
  waitsFor({ watch, waitsFor, away, published }: Observed): void {
    const before = this.#waits.get(watch);
    if (!before) return;
    const { onPublished } = before;
    if (published) onPublished();
    const words = waitsFor === undefined ? {} : { words: waitsFor };
    this.#waits.set(watch, { onPublished, ...words, ...(away ? { away } : {}) });
    this.away.answered((before.away ?? []).filter((cluster) => !away?.includes(cluster)));
    this.#sayWaits();
  }

  /** Runs `body`, which waits for the readiness of these backends. */
  async needing(backends: readonly BackendId[], body: () => Promise<void>): Promise<void> {
    this.#needed = backends;
    this.noteAway();
    try {
      await body();
    } finally {
      this.#needed = [];
      this.noteAway();
    }
  }

  /** Brings up to date who is away; call after each change of what is waited for, or of what is known of it. */
  noteAway(): void {
    const needed = currentBackends(this.entity).filter((backend) => this.#needed.includes(backendId(backend)));
    const isUnknown = (backend: Backend) => this.entity.readiness[backendId(backend)]?.kind === 'unknown';
    const unknown = needed.filter(isUnknown).map(({ cluster }) => cluster);
    const seen = needed.filter((backend) => this.entity.readiness[backendId(backend)] && !isUnknown(backend));
    this.away.answered(seen.map(({ cluster }) => cluster).filter((cluster) => !unknown.includes(cluster)));
    this.away.note([...new Set([...[...this.#waits.values()].flatMap(({ away = [] }) => away), ...unknown])]);
  }

  /** Begins to follow everything that matters now in clusters, in place of what was followed until now. */
  follow(): void {
    this.#follow?.cancel();
    const { spec, written = [], drift = [], readiness, unplaced } = this.entity;
    const targets = readinessTargets(this.entity);
    if (targets.length === 0) return;
    const watch = this.nextToken();
    this.#followToken = watch;
    this.driftReports.followedBy(watch);
    const scope = new CancellationScope({ cancellable: true });
    this.#follow = scope;
    const summary = `Follow readiness of ${targets.map((target) => target.backend).join(', ')}`.slice(0, 190);
    const leaves = written.map(({ intent }) => intent);
    const doubted = [
      ...written.filter(({ pending }) => pending).map(({ intent }) => intent.ref),
      ...drift.filter(({ fields }) => fields.length > 0).map(({ ref }) => ref),
    ];
    const known = {
      readiness: targets.flatMap(({ backend }) => readiness[backend] ?? []),
      isPlaced: unplaced === undefined,
    };
    const input = { watch, targets, leaves, doubted, known };
    const placement = spec.placements.length > 0 ? { placement: spec } : {};
    const options = activeRollout(this.entity) ? FOLLOWING.closely : FOLLOWING.idly;
    // It ends only by cancellation, and then nobody is interested in how.
    scope
      .run(() => activities.followReadiness.executeWithOptions({ ...options, summary }, [{ ...input, ...placement }]))
      .catch(() => undefined);
  }

  /** Whether a report is of what is followed now. */
  isFollowed(watch: string): boolean {
    return watch === this.#followToken;
  }

  /** Brings conditions, search attributes and current details up to date; call after each change of the entity. */
  show(): void {
    const { entity } = this;
    const state = entityState(entity);
    entity.conditions = conditionsOf(entity, state, sentence(entity));
    setCurrentDetails(currentDetails(entity));
    this.#teller.changed();
    if (state === this.#shown) return;
    this.#shown = state;
    upsertSearchAttributes([
      { key: HOST, value: entity.spec.host },
      { key: NAMESPACE, value: entity.namespace },
      { key: STATE, value: state },
    ]);
  }

  /** Names one run of an activity. */
  nextToken(): string {
    this.#tokens += 1;
    return `${workflowInfo().runId}/${this.#tokens}`;
  }

  #sayWaits(): void {
    const sentences = [...this.#waits.values()].flatMap(({ words }) => words ?? []).join('; ');
    if (sentences === '') delete this.entity.waitsFor;
    else this.entity.waitsFor = sentences;
    this.noteAway();
  }
}

/** What a running activity says it waits for. */
interface Wait {
  readonly words?: string;
  readonly away?: readonly string[];
  /** Hears when it waits for planes only. */
  readonly onPublished: () => void;
}

/** One write of the GlobalIngress that waits for its planes. */
export interface Publication {
  readonly scope: CancellationScope;
  /** Backends have moved since it began. */
  outdated?: true;
  /** A walk or a rollback publishes in its place. */
  preempted?: true;
}
