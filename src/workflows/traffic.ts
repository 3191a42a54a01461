import { condition, isCancellation } from '@temporalio/workflow';
import type { InForce } from '../activities/types.ts';
import { policyOf, type TrafficPolicy } from '../plan/policy.ts';
import type { Allocation } from '../plan/types.ts';
import type { LeafIntent } from '../planes/leaf/leaf.ts';
import { specEquals } from '../spec/document.ts';
import { activities, WRITING } from './activities.ts';
import { noteDrained } from './drained.ts';
import type { Entity } from './entity.ts';
import { NextRun, stepFailure } from './failure.ts';
import type { Gates } from './gates.ts';
import { remember } from './history.ts';
import { type Limits, timesOf } from './limits.ts';
import { planAgain } from './planning.ts';
import { forgetPreviews } from './preview-host.ts';
import { newPublication, overtake, preempt, throwIfCancelled } from './publication.ts';
import { reachOf } from './reach.ts';
import { nextRevision, whatToPublish } from './revision.ts';
import type { EntityRun, Publication } from './run.ts';
import { allTakenUp, servedBy } from './served.ts';
import { untilLong } from './until-long.ts';

/** How a shift is shown and limited. No deadline: it waits until the planes follow. */
export interface ShiftOptions {
  readonly summary: string;
  readonly deadlineSeconds?: number;
  /** In place of a deadline: when it is given up, and who is missing then is named. */
  readonly limits?: Limits;
  /** Where it is shown who has followed. */
  readonly gates?: Gates;
  /** How it is served from now on; the policy in force when absent. */
  readonly policy?: TrafficPolicy;
}

export interface ShiftWithLeaves extends ShiftOptions {
  /** To be taken up before anything is published. */
  readonly leaves?: readonly LeafIntent[];
}

/** Publishes an allocation as the next revision and returns when every plane serves it. */
export async function publish(run: EntityRun, next: Allocation, options: ShiftOptions): Promise<InForce | undefined> {
  const outcome = await publishWithLeaves(run, next, options);
  return outcome === 'unpublished' ? undefined : outcome;
}

/** The same, but nothing is published when leaves are not taken up at once. */
export async function publishWithLeaves(
  run: EntityRun,
  next: Allocation,
  options: ShiftWithLeaves,
): Promise<InForce | 'unpublished' | undefined> {
  const { entity } = run;
  // New addresses alone may wait for a plane that is away; this carries them as well.
  if (run.publication) preempt(run.publication);
  const served = await exclusively(run, async () => {
    throwIfCancelled();
    const before = beforePublishing(entity);
    entity.published = next;
    entity.policy = options.policy ?? entity.policy ?? policyOf(entity.spec);
    // From now on answers may be given that live so long.
    entity.ttlInForceSeconds = Math.max(entity.ttlInForceSeconds, entity.policy.ttlSeconds);
    delete entity.measured;
    const outcome = await publishNewest(run, options);
    if (outcome === 'unpublished') {
      Object.assign(entity, before.state, { spentRevision: entity.revision });
      planAgain(entity, before.begun);
      return outcome;
    }
    const { gates, leaves } = options;
    if (leaves) allTakenUp(entity, leaves, gates);
    servedBy(entity, outcome, gates);
    noteDrained(entity, next, outcome?.missing === undefined);
    entity.inForce = next;
    return outcome;
  });
  run.show();
  return served;
}

/** What is so again when nothing was published. */
function beforePublishing(entity: Entity) {
  const { published, revision, policy, ttlInForceSeconds, slots, reach, preview, rollout } = entity;
  const state = { published, revision, policy, ttlInForceSeconds, slots, reach, preview };
  return { state, begun: { rollout, plan: rollout?.plan } };
}

/** Publishes again when a backend is reached elsewhere than the planes were told. A burst of changes is one revision more. */
export function followAddresses(run: EntityRun): void {
  const { entity } = run;
  const served = entity.published.backends.length > 0 && !entity.deletion;
  if (!served || specEquals(reachOf(entity), entity.reach)) return;
  entity.moved = true;
  if (run.publication) void overtake(run.publication);
  else if (!run.publishing) void publishAgain(run);
}

/** Tells the planes of new addresses, unless somebody else has done so meanwhile. */
export async function publishAgain(run: EntityRun): Promise<void> {
  const { entity } = run;
  try {
    await exclusively(run, async () => {
      if (entity.moved && !entity.deletion) await publishNewest(run, { summary: 'Publish new addresses' });
    });
    run.show();
  } catch (error) {
    // A walk, a rollback or the next run publishes: it takes the addresses along.
    if (isCancellation(error) || error instanceof NextRun) return;
    const message = `new addresses: ${stepFailure(error, entity.waitsFor).message}`;
    remember(entity, { actor: 'sluice', action: 'PublishFailed', message });
  }
}

/** A mutex that lets the first one begin in the same moment: the order of commands in stored histories hangs on it. */
async function exclusively<T>(run: EntityRun, body: () => Promise<T>): Promise<T> {
  while (run.publishing) await condition(() => !run.publishing);
  run.publishing = true;
  try {
    return await body();
  } finally {
    run.publishing = false;
  }
}

/** Once more for as long as backends move meanwhile. */
async function publishNewest(run: EntityRun, options: ShiftWithLeaves): Promise<InForce | 'unpublished' | undefined> {
  const { summary, limits, leaves } = options;
  const times: Times = limits ? timesOf(limits.planes) : options;
  const startedAt = Date.now();
  for (;;) {
    const { deadlineSeconds, giveUpAt } = times;
    const publishing = {
      summary,
      ...(leaves ? { leaves } : {}),
      ...(giveUpAt === undefined ? {} : { giveUpAt }),
      ...(deadlineSeconds === undefined ? {} : { deadlineSeconds: secondsLeft(deadlineSeconds, startedAt) }),
    };
    const publication = newPublication();
    const inForce = await publishOnce(run, publishing, publication);
    if (inForce === 'unpublished') return inForce;
    if (publication.outdated) continue;
    delete run.entity.moved;
    return inForce;
  }
}

interface Times {
  readonly deadlineSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly giveUpAt?: number;
}

async function publishOnce(
  run: EntityRun,
  { summary, leaves, gates, deadlineSeconds, giveUpAt }: Times & Pick<ShiftWithLeaves, 'summary' | 'leaves' | 'gates'>,
  publication: Publication,
): Promise<InForce | 'unpublished' | undefined> {
  const { entity } = run;
  // Entered before the write: whatever becomes of it, the next revision is a higher one and a rollback knows of these shares.
  entity.revision = nextRevision(entity);
  run.show();
  const input = {
    ...whatToPublish(entity),
    ...(giveUpAt === undefined ? {} : { giveUpAt }),
    ...(leaves ? { leaves } : {}),
  };
  const deadline = deadlineSeconds === undefined ? {} : { scheduleToCloseTimeout: deadlineSeconds * 1000 };
  const shiftIt = (watch: string) =>
    activities.shiftTraffic.executeWithOptions({ ...WRITING, ...deadline, summary }, [{ watch, ...input }]);
  const write = () => run.work(shiftIt, () => leaves && allTakenUp(entity, leaves, gates));
  run.publication = publication;
  try {
    // Without a deadline it waits for as long as a plane is away.
    const { scope } = publication;
    const outcome = await (deadlineSeconds === undefined ? untilLong(scope, write) : scope.run(write));
    if (outcome && 'kind' in outcome) return outcome.kind;
    forgetPreviews(entity, input.dropped);
    return outcome;
  } catch (error) {
    throwIfCancelled();
    if (publication.outdated && !publication.preempted && isCancellation(error)) return undefined;
    throw error;
  } finally {
    run.publication = undefined;
  }
}

/** Of a deadline; the last second is given to everybody. */
function secondsLeft(deadlineSeconds: number, startedAt: number): number {
  return Math.max(1, deadlineSeconds - (Date.now() - startedAt) / 1000);
}
