import { ActivityFailure, condition, isCancellation } from '@temporalio/workflow';
import { sameLeaf } from '../plan/leaves.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafDrift } from '../planes/leaf/leaf.ts';
import { specEquals } from '../spec/document.ts';
import { activities, WRITING } from './activities.ts';
import { describeDrift, driftOf, isDrifted, keepDrift, policyFor } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { remember } from './history.ts';
import { confirm } from './leaf-writes.ts';
import type { WrittenLeaf } from './records.ts';
import type { EntityRun } from './run.ts';

/** Who takes a leaf back this often within this time meets somebody who does the same: it is left alone then. */
const LIMIT = 5;
const WITHIN_MS = 10 * 60_000;
/** How soon a leaf that was written again should be seen as it was. */
const SEEN_WITHIN_MS = 5_000;

/** Takes in how one leaf differs from what was written last, and does what the spec says about that. */
export function observeDrift(run: EntityRun, { ref, fields }: LeafDrift): void {
  const { entity } = run;
  const written = entity.written?.find(({ intent }) => sameLeaf(intent.ref, ref));
  if (!written) return;
  const before = driftOf(entity, ref);
  if (fields.length === 0) return undone(entity, written);
  if (!before || !specEquals(before.fields, fields)) {
    keepDrift(entity, { takenBackAt: [], ...before, ref, fields });
    // What could not be written before is no surprise.
    if (!written.pending && !isTakenBack(entity, before)) {
      const action = isCertificate({ ref, fields }) ? 'CertificateOutdated' : 'Drifted';
      remember(entity, { actor: 'sluice', action, message: describeDrift({ ref, fields }) });
    }
  }
  if (written.pending || policyFor(entity, ref) === 'takeBack') takeBack(run, ref);
}

/** Between two takings back the same leaf changes for and back: the first entry says it all. */
function isTakenBack(entity: Entity, before: LeafDrift | undefined): boolean {
  return before !== undefined && before.fields.length > 0 && policyFor(entity, before.ref) === 'takeBack';
}

function undone(entity: Entity, { intent, pending }: WrittenLeaf): void {
  const { ref } = intent;
  if (pending) confirm(entity, ref);
  const before = driftOf(entity, ref);
  if (!before || before.fields.length === 0) return;
  const takenBackAt = lately(before.takenBackAt);
  keepDrift(entity, { ref, fields: [], takenBackAt });
  const action = pending ? 'Written' : takenBackAt.length > 0 ? takenBackAction(before) : 'Undone';
  remember(entity, { actor: 'sluice', action, message: describeDrift({ ref, fields: [] }) });
}

function takenBackAction(before: LeafDrift): 'CertificateCopied' | 'TakenBack' {
  return isCertificate(before) ? 'CertificateCopied' : 'TakenBack';
}

/** A certificate that was renewed in the hub makes its copies differ: nobody has changed anything by hand. */
function isCertificate({ ref, fields }: LeafDrift): boolean {
  return ref.kind === 'Secret' && fields.every(({ path }) => path === '.data');
}

function takeBack(run: EntityRun, ref: LeafRef): void {
  if (run.entity.deletion || driftOf(run.entity, ref)?.contested !== undefined) return;
  // Not part of a walk: it goes on whatever becomes of that.
  run.takeBacks.begin(ref, () => untilTakenBack(run, ref));
}

async function untilTakenBack(run: EntityRun, ref: LeafRef): Promise<void> {
  const { entity } = run;
  try {
    while (isDrifted(entity, ref) && mayTryAgain(run, ref)) {
      await writeAgain(run, ref);
      if (await condition(() => !isDrifted(entity, ref), SEEN_WITHIN_MS, { summary: 'Seen as it was written' })) return;
    }
  } catch (error) {
    // Somebody else is about to write the leaf.
    if (isCancellation(error)) return;
    const cause = error instanceof ActivityFailure && error.cause ? error.cause : error;
    contest(run, ref, `it cannot be taken back: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Counts this time, or finds that it was tried often enough. */
function mayTryAgain(run: EntityRun, ref: LeafRef): boolean {
  const record = driftOf(run.entity, ref);
  if (!record) return false;
  const times = lately(record.takenBackAt);
  if (times.length >= LIMIT) {
    contest(run, ref, `it was taken back ${LIMIT} times in ten minutes and is left alone now: end what changes it`);
    return false;
  }
  keepDrift(run.entity, { ...record, takenBackAt: [...times, Date.now()] });
  return true;
}

async function writeAgain(run: EntityRun, ref: LeafRef): Promise<void> {
  const written = run.entity.written?.find(({ intent }) => sameLeaf(intent.ref, ref));
  if (!written) return;
  const summary = `Take back ${ref.kind} in ${ref.cluster}`.slice(0, 190);
  await activities.applyLeaves.executeWithOptions({ ...WRITING, summary }, [
    { watch: run.nextToken(), leaves: [written.intent], observed: false },
  ]);
}

function contest(run: EntityRun, ref: LeafRef, why: string): void {
  const record = driftOf(run.entity, ref);
  if (!record) return;
  keepDrift(run.entity, { ...record, contested: why });
  const message = `${describeDrift(record)}; ${why}`;
  remember(run.entity, { actor: 'sluice', action: 'DriftContested', message });
  run.show();
}

function lately(times: readonly number[]): readonly number[] {
  return times.filter((time) => Date.now() - time < WITHIN_MS);
}
