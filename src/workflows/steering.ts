import { forgiveDrift } from './drift-records.ts';
import { activeRollout, describeLive, type Entity, isDraining } from './entity.ts';
import { refusal } from './failure.ts';
import { undoTarget } from './generations.ts';
import type { PromoteInput } from './messages.ts';
import { beginRollout } from './planning.ts';
import type { Rollout, RolloutCause } from './records.ts';
import { isGoingBackInSteps } from './rollback-steps.ts';
import type { EntityRun } from './run.ts';

/** Something that a person may tell a FederatedIngress to do. */
export interface Verb {
  /** What the history calls it. */
  readonly action: string;
  /** Fields of its input, besides actor and reason. */
  readonly fields?: readonly ('step' | 'full' | 'force' | 'source' | 'toGeneration' | 'cluster')[];
  /** Throws a refusal when it makes no sense now. Synchronous: it is the validator of an Update. */
  readonly check: (entity: Entity, input: PromoteInput) => void;
  /** Does it, and says in one sentence what happens now. */
  readonly act: (run: EntityRun, input: PromoteInput) => string | Promise<string>;
}

export const promote: Verb = {
  action: 'Promoted',
  fields: ['step', 'full'],
  check(entity, input) {
    const rollout = requireRollout(entity, 'promote');
    requireNotHeld(rollout, 'promote');
    const position = rollout.step + 1;
    if (input.step !== undefined && input.step !== position) {
      throw refused(
        `step ${input.step} cannot be promoted: the rollout is at step ${position} of ${rollout.plan.steps.length}`,
      );
    }
    if (input.full || rollout.plan.steps[rollout.step]?.kind === 'pause') return;
    throw refused(
      `step ${position} of ${rollout.plan.steps.length} is not a pause: promote when it pauses, or ask for full: true to skip all pauses`,
    );
  },
  act(run, input) {
    const rollout = requireRollout(run.entity, 'promote');
    rollout.promotedStep = rollout.step;
    if (!input.full) return `goes on after step ${rollout.step + 1} of ${rollout.plan.steps.length}`;
    rollout.full = true;
    delete rollout.pausedBy;
    return `goes to the end from step ${rollout.step + 1} of ${rollout.plan.steps.length}, without pauses`;
  },
};

export const pause: Verb = {
  action: 'Paused',
  check(entity) {
    const rollout = requireRollout(entity, 'pause');
    if (rollout.pausedBy !== undefined) throw refused(`already paused by ${rollout.pausedBy}: resume lets it go on`);
  },
  act(run, input) {
    const rollout = requireRollout(run.entity, 'pause');
    rollout.pausedBy = input.actor ?? 'temporal';
    return `no step begins after step ${rollout.step + 1} of ${rollout.plan.steps.length} until resumed`;
  },
};

export const resume: Verb = {
  action: 'Resumed',
  check(entity) {
    if (requireRollout(entity, 'resume').pausedBy !== undefined) return;
    throw refused(
      'not paused: resume undoes the verb pause; a pause that is a step of the strategy is ended by promote',
    );
  },
  act(run) {
    const rollout = requireRollout(run.entity, 'resume');
    delete rollout.pausedBy;
    return `goes on at step ${rollout.step + 1} of ${rollout.plan.steps.length}`;
  },
};

export const abort: Verb = {
  action: 'Aborted',
  check(entity) {
    requireNotDeleting(entity, 'abort');
    if (entity.rollout && isGoingBackInSteps(entity, entity.rollout)) return;
    const rollout = requireRollout(entity, 'abort');
    if (!isDraining(rollout)) return;
    throw refused('all traffic has moved and drained leaves are being removed: apply the earlier spec to go back');
  },
  act(run, input) {
    const { rollout } = run.entity;
    if (rollout?.rollback && isGoingBackInSteps(run.entity, rollout)) {
      rollout.rollback.atOnce = true;
      return `all traffic goes back to ${describeLive(run.entity)} at once`;
    }
    run.turnBack('Aborted', input.reason ?? `aborted by ${input.actor ?? 'temporal'}`);
    return `traffic goes back to ${describeLive(run.entity)}`;
  },
};

export const retry: Verb = {
  action: 'Retried',
  check(entity) {
    requireNotDeleting(entity, 'retry');
    if (isRetryable(entity)) return;
    throw refused(
      activeRollout(entity)
        ? 'a rollout is under way: there is nothing to retry'
        : 'the last rollout did not fail: there is nothing to retry',
    );
  },
  act(run) {
    forgiveDrift(run.entity);
    const rollout = activeRollout(run.entity);
    if (rollout?.held) return retryStep(rollout);
    beginRollout(run.entity, causeAgain(run.entity.rollout));
    return `the rollout of generation ${run.entity.generation} begins again`;
  },
};

/** Held, taken back, or at its end without some of the clusters. */
function isRetryable({ rollout }: Entity): boolean {
  if (!rollout) return false;
  const { outcome, held, rollback, failed = [] } = rollout;
  if (!outcome) return held !== undefined && !rollback;
  return outcome.kind === 'rolledBack' || outcome.kind === 'failed' || failed.length > 0;
}

/** A drain that was taken back is not asked for any more. */
function causeAgain(rollout: Rollout | undefined): RolloutCause | undefined {
  const { cause } = rollout ?? {};
  return cause?.drains === undefined && !cause?.undrains ? cause : undefined;
}

function retryStep(rollout: Rollout): string {
  delete rollout.held;
  rollout.records[rollout.step] = {};
  return `tries step ${rollout.step + 1} of ${rollout.plan.steps.length} again`;
}

export const remove: Verb = {
  action: 'DeleteRequested',
  fields: ['force'],
  check() {
    // Asking twice is fine: the answer is the same.
  },
  act(run, input) {
    const deletion = (run.entity.deletion ??= { requestedAt: Date.now(), phase: 'draining' });
    run.stopWalk();
    const drains = 'draining; leaves are removed when no answer can be cached any more';
    if (!input.force) return drains;
    deletion.force = true;
    run.hurryRemoval();
    return `${drains}, and those in clusters that are away are left behind`;
  },
};

/** The input of a steering Update as the Temporal CLI may send it: none, or an object. Throws a refusal that says what is wrong. */
export function checkInput(verb: Pick<Verb, 'fields'>, input: unknown): PromoteInput {
  if (input === undefined || input === null) return {};
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw refused(`the input must be an object such as {"reason": "..."}, found ${JSON.stringify(input)}`);
  }
  for (const [key, value] of Object.entries(input)) checkField(verb, key, value);
  return input;
}

const TYPES: Readonly<Record<string, string>> = {
  actor: 'string',
  reason: 'string',
  step: 'number',
  full: 'boolean',
  force: 'boolean',
  source: 'object',
  door: 'string',
  toGeneration: 'number',
  cluster: 'string',
};

function checkField(verb: Pick<Verb, 'fields'>, key: string, value: unknown): void {
  const allowed = ['reason', 'actor', 'door', ...(verb.fields ?? [])];
  if (!allowed.includes(key)) throw refused(`${key}: unknown field; allowed are ${allowed.join(', ')}`);
  const wanted = TYPES[key];
  if (typeof value !== wanted)
    throw refused(`${key}: must be ${wanted === 'object' ? 'an' : 'a'} ${wanted}, found ${JSON.stringify(value)}`);
}

function requireRollout(entity: Entity, verb: string): Rollout {
  requireNotDeleting(entity, verb);
  const rollout = activeRollout(entity);
  const hint = verb === 'abort' && undoTarget(entity) ? '; undo goes back to an earlier generation' : '';
  if (!rollout) throw refused(`no rollout is under way: there is nothing to ${verb}${hint}`);
  if (rollout.rollback)
    throw refused(`a rollback is under way (${rollout.rollback.reason}): there is nothing to ${verb}`);
  return rollout;
}

function requireNotHeld({ held }: Rollout, verb: string): void {
  if (!held) return;
  throw refused(
    `held, since a step failed (${held.reason}): retry tries it again, abort takes traffic back; there is nothing to ${verb}`,
  );
}

export function requireNotDeleting(entity: Entity, verb: string): void {
  if (entity.deletion) throw refused(`it is being deleted: there is nothing to ${verb}`);
}

export function refused(message: string): Error {
  return refusal('Refused', message);
}
