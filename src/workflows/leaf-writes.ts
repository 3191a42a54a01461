import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { Activities, Missed } from '../activities/types.ts';
import { leavesWithout, sameLeaf } from '../plan/leaves.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafIntent } from '../planes/leaf/leaf.ts';
import { specEquals } from '../spec/document.ts';
import { activities, WRITING } from './activities.ts';
import { drifted, isDrifted } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { ClustersFailed } from './failure.ts';
import type { WrittenLeaf } from './records.ts';
import type { EntityRun } from './run.ts';

export interface WriteOptions {
  readonly summary: string;
  readonly deadlineSeconds?: number;
  /** Wait until the controllers have taken it up. */
  readonly observed?: true;
  /** When to go on without the clusters that do not answer; they are named in the status, and get it when they are back. */
  readonly giveUpAt?: number;
  /** It is an attempt: what is refused fails all the same, and who has not got it still has what was there before. */
  readonly refusalsFail?: true;
}

const NONE: Missed = { missed: [] };

/**
 * Writes leaves into their clusters, in this order within each. What is known of them stays true whatever becomes of it:
 * a leaf that might exist is never forgotten, and one that might be half-written is not taken for what it was.
 */
export async function writeLeaves(
  run: EntityRun,
  intents: readonly LeafIntent[],
  options: WriteOptions,
): Promise<Missed> {
  if (intents.length === 0) return NONE;
  const { entity } = run;
  const { written: before = [] } = entity;
  const leaves = await beginToWrite(run, intents);
  // Given up or not, what a rollback wants is what the cluster is to have when it is back.
  if (options.giveUpAt !== undefined && !options.refusalsFail) miss(entity, intents);
  const { summary, deadlineSeconds } = options;
  const deadline = deadlineSeconds === undefined ? {} : { scheduleToCloseTimeout: deadlineSeconds * 1000 };
  const input = { leaves, ...instructions(entity, options) };
  const outcome = await run
    .work((watch) =>
      activities.applyLeaves.executeWithOptions({ ...WRITING, ...deadline, summary }, [{ watch, ...input }]),
    )
    .catch((error: unknown) => {
      throw clusterFailure(entity, { intents, before }, error);
    });
  noteWritten(run, intents, outcome?.missed);
  return outcome ?? NONE;
}

/** Enters leaves that an activity is about to write. Returns what it is to write; nobody else writes them from now on. */
export async function beginToWrite(run: EntityRun, intents: readonly LeafIntent[]): Promise<readonly LeafIntent[]> {
  const { entity } = run;
  const refs = intents.map(({ ref }) => ref);
  const leaves = intents.map((intent) =>
    isUndisturbed(entity, intent) ? { ...intent, drift: 'takeBack' as const } : intent,
  );
  enter(entity, refs);
  markPending(entity, refs);
  run.driftReports.forget();
  await run.takeBacks.end(refs);
  return leaves;
}

/** Leaves are as these intents want them now, but for those that were missed. */
export function noteWritten(run: EntityRun, intents: readonly LeafIntent[], missed: readonly LeafRef[] = []): void {
  const { entity } = run;
  const refs = intents.map(({ ref }) => ref);
  keep(entity, intents, missed);
  const silent = missed.map(({ cluster }) => cluster);
  run.away.answered(refs.map(({ cluster }) => cluster).filter((cluster) => !silent.includes(cluster)));
  entity.drift = drifted(entity).filter((record) => !refs.some((ref) => sameLeaf(ref, record.ref)));
  run.show();
}

function instructions(entity: Entity, { giveUpAt, refusalsFail, observed }: WriteOptions): Instructions {
  const refusing = refusingClusters(entity);
  return {
    observed: observed ?? false,
    ...(giveUpAt === undefined ? {} : { giveUpAt }),
    ...(refusalsFail ? { refusalsFail } : {}),
    ...(refusing.length > 0 ? { refusing } : {}),
  };
}

type Instructions = Omit<Parameters<Activities['applyLeaves']>[0], 'watch' | 'leaves'>;

/** Those that have failed since they refuse to be written. */
export function refusingClusters({ rollout }: Entity): readonly string[] {
  return (rollout?.failed ?? []).flatMap(({ cluster, reason }) => (reason === 'LeafRefused' ? [cluster] : []));
}

interface Attempted {
  readonly intents: readonly LeafIntent[];
  /** What was known of leaves before. */
  readonly before: readonly WrittenLeaf[];
}

/**
 * A cluster that refuses a leaf has failed, and the others may go on without it. What was to be written before that leaf is
 * written, the leaf and what was to follow are as they were.
 */
function clusterFailure(entity: Entity, { intents, before }: Attempted, error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'LeafRefused') return error;
  const refused = intents.find(({ ref }) => specEquals(ref, cause.details?.[1]));
  if (!refused) return error;
  const { cluster } = refused.ref;
  const there = intents.filter(({ ref }) => ref.cluster === cluster);
  const done = there.slice(0, there.indexOf(refused));
  const untouched = there.slice(done.length);
  keep(entity, done, []);
  const isUntouched = ({ intent }: WrittenLeaf) => untouched.some(({ ref }) => sameLeaf(ref, intent.ref));
  entity.written = [...(entity.written ?? []).filter((one) => !isUntouched(one)), ...before.filter(isUntouched)];
  return new ClustersFailed([{ cluster, reason: 'LeafRefused', message: cause.message }]);
}

/**
 * Whether a leaf that nobody may change is as it was written. Who has put a field back owns it still: without force
 * that would be the end of every later write.
 */
function isUndisturbed(entity: Entity, { ref, drift }: LeafIntent): boolean {
  const written = entity.written?.find(({ intent }) => sameLeaf(intent.ref, ref));
  return drift === 'hold' && written !== undefined && !written.pending && !isDrifted(entity, ref);
}

/** Enters leaves that could not be written: what they are to be like is known, and that they are not is to be expected. */
export function miss(entity: Entity, intents: readonly LeafIntent[]): void {
  const refs = intents.map(({ ref }) => ref);
  enter(entity, refs);
  keep(entity, intents, refs);
}

/** It was seen that a leaf is as it was to be. */
export function confirm(entity: Entity, ref: LeafRef): void {
  entity.written = (entity.written ?? []).map(({ intent, ...rest }) =>
    sameLeaf(intent.ref, ref) ? { intent } : { intent, ...rest },
  );
}

/** Leaves are gone: there is nothing to compare any more. */
export function strikeOut(entity: Entity, refs: readonly LeafRef[]): void {
  const isGone = (ref: LeafRef): boolean => refs.some((gone) => sameLeaf(gone, ref));
  entity.leaves = leavesWithout(entity.leaves, refs);
  entity.written = (entity.written ?? []).filter(({ intent }) => !isGone(intent.ref));
  entity.drift = drifted(entity).filter(({ ref }) => !isGone(ref));
}

/** Before the write: a leaf that might exist is never forgotten, and one that is ours again is no orphan. */
function enter(entity: Entity, refs: readonly LeafRef[]): void {
  entity.leaves = [...entity.leaves, ...leavesWithout(refs, entity.leaves)];
  if (entity.orphans) entity.orphans = leavesWithout(entity.orphans, refs);
}

function markPending(entity: Entity, refs: readonly LeafRef[]): void {
  entity.written = (entity.written ?? []).map((written): WrittenLeaf => {
    return refs.some((ref) => sameLeaf(ref, written.intent.ref)) ? { ...written, pending: true } : written;
  });
}

function keep(entity: Entity, intents: readonly LeafIntent[], missed: readonly LeafRef[]): void {
  const others = (entity.written ?? []).filter(({ intent }) => !intents.some(({ ref }) => sameLeaf(ref, intent.ref)));
  const kept = intents.map((intent): WrittenLeaf => {
    return missed.some((ref) => sameLeaf(ref, intent.ref)) ? { intent, pending: true } : { intent };
  });
  entity.written = [...others, ...kept];
}
