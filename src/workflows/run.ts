import {
  type ApplicationFailure,
  CancellationScope,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { Mutex } from 'async-mutex';
import type { BackendId } from '../plan/types.ts';
import type { Readiness } from '../planes/leaf/leaf.ts';
import { activities } from './activities.ts';
import { conditionsOf } from './conditions.ts';
import { currentDetails } from './details.ts';
import { activeRollout, type Entity } from './entity.ts';
import type { Observed } from './messages.ts';
import { readinessTargets } from './readiness.ts';
import { entityState, sentence } from './report.ts';
import { HOST, NAMESPACE, STATE } from './search-attributes.ts';

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
  #walk: CancellationScope | undefined;
  #follow: CancellationScope | undefined;
  #followToken: string | undefined;
  #workToken: string | undefined;
  #tokens = 0;
  #shown = '';

  constructor(entity: Entity) {
    this.entity = entity;
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

  /** Stops the walk through the current plan; why is to be read from the entity. */
  stopWalk(): void {
    this.#walk?.cancel();
  }

  /** Sends the traffic of the current rollout back. The first reason counts. */
  turnBack(reason: string, message: string): void {
    const rollout = activeRollout(this.entity);
    if (!rollout || rollout.rollback) return;
    rollout.rollback = { reason, message };
    this.stopWalk();
  }

  /** Runs an activity that may say what it waits for. What it said last stays when it fails: it tells why. */
  async work<T>(activity: (watch: string) => Promise<T>): Promise<T> {
    delete this.entity.waitsFor;
    const watch = this.#nextToken();
    this.#workToken = watch;
    const result = await activity(watch);
    this.#workToken = undefined;
    delete this.entity.waitsFor;
    return result;
  }

  /** Begins to follow the readiness of all backends that matter now, in place of those followed until now. */
  followReadiness(): void {
    this.#follow?.cancel();
    const targets = readinessTargets(this.entity);
    if (targets.length === 0) return;
    const watch = this.#nextToken();
    this.#followToken = watch;
    const scope = new CancellationScope({ cancellable: true });
    this.#follow = scope;
    const summary = `Follow readiness of ${targets.map((target) => target.backend).join(', ')}`.slice(0, 190);
    // It ends only by cancellation, and then nobody is interested in how.
    scope
      .run(() => activities.followReadiness.executeWithOptions({ summary }, [{ watch, targets }]))
      .catch(() => undefined);
  }

  /** Takes in what activities saw. */
  observe(observed: Observed): void {
    if (observed.watch === this.#workToken) this.#waitsFor(observed.waitsFor);
    if (observed.watch === this.#followToken)
      observed.readiness?.forEach((readiness) => this.#observeReadiness(readiness));
    this.show();
  }

  /** Brings conditions, search attributes and current details up to date; call after each change of the entity. */
  show(): void {
    const { entity } = this;
    const state = entityState(entity);
    entity.conditions = conditionsOf(entity, state, sentence(entity));
    setCurrentDetails(currentDetails(entity));
    if (state === this.#shown) return;
    this.#shown = state;
    upsertSearchAttributes([
      { key: HOST, value: entity.spec.host },
      { key: NAMESPACE, value: entity.namespace },
      { key: STATE, value: state },
    ]);
  }

  #waitsFor(words: string | undefined): void {
    if (words === undefined) delete this.entity.waitsFor;
    else this.entity.waitsFor = words;
  }

  #observeReadiness(readiness: Readiness): void {
    const { entity } = this;
    entity.readiness = { ...entity.readiness, [readiness.backend]: readiness };
    if (readiness.kind === 'ready') {
      entity.addresses = { ...entity.addresses, [readiness.backend]: readiness.addresses };
      // Absent: not known at the moment.
      const { hostnames } = readiness;
      if (hostnames) entity.hostnames = { ...entity.hostnames, [readiness.backend]: hostnames };
    }
    if (readiness.kind === 'notReady' && this.#hasGrown(readiness.backend)) {
      this.turnBack('ReadinessLost', readiness.message);
    }
  }

  /** Whether this rollout gave the backend more traffic than it had, and can still take it back. */
  #hasGrown(backend: BackendId): boolean {
    const rollout = activeRollout(this.entity);
    if (!rollout || rollout.rollback || rollout.plan.steps[rollout.step]?.kind === 'removeLeaves') return false;
    return (this.entity.published.shares[backend] ?? 0) > (rollout.plan.from.shares[backend] ?? 0);
  }

  #nextToken(): string {
    this.#tokens += 1;
    return `${workflowInfo().runId}/${this.#tokens}`;
  }
}
