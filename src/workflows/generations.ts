import { specEquals } from '../spec/document.ts';
import type { Entity } from './entity.ts';
import { newestOf } from './newest.ts';
import type { KeptGeneration } from './records.ts';
import type { UndoableGeneration } from './status.ts';

/** Ten to go back to, and the newest. */
const KEPT = 11;

/** All documents together: what goes along when the workflow continues as new may be 2 MB. */
const KEPT_CHARACTERS = 600_000;

/** Keeps the document of the newest generation. One that only is placed anew takes no other's place. */
export function keepGeneration(entity: Entity): void {
  const { generation, document } = entity;
  const before = entity.generations ?? [];
  const last = before.at(-1);
  const others = last && specEquals(last.document, document) ? before.slice(0, -1) : before;
  entity.generations = newestOf([...others, { generation, document }].slice(-KEPT), KEPT_CHARACTERS);
}

export function completeGeneration(entity: Entity, generation: number): void {
  entity.generations = (entity.generations ?? []).map((kept) =>
    kept.generation === generation ? { ...kept, completedAt: Date.now() } : kept,
  );
}

/** Newest first, without the newest generation itself. */
export function undoable(entity: Entity): readonly KeptGeneration[] {
  return (entity.generations ?? []).filter(({ generation }) => generation !== entity.generation).toReversed();
}

/** The one that was asked for, or the last that completed before the newest. */
export function undoTarget(entity: Entity, toGeneration?: number): KeptGeneration | undefined {
  const all = undoable(entity);
  if (toGeneration !== undefined) return all.find(({ generation }) => generation === toGeneration);
  return all.find((kept) => kept.completedAt !== undefined && !specEquals(kept.document, entity.document));
}

/** Whether it completed so lately that its steps need not be gone through again. */
export function isRecent({ spec }: Entity, { completedAt }: KeptGeneration): boolean {
  return completedAt !== undefined && Date.now() - completedAt <= spec.rollout.rollbackWindowSeconds * 1000;
}

export function undoableStatus(entity: Entity): readonly UndoableGeneration[] {
  return undoable(entity).map(({ generation, document, completedAt }) => ({
    generation,
    ...(completedAt === undefined ? {} : { completedAt: new Date(completedAt).toISOString() }),
    strategy: strategyOf(document),
  }));
}

/** Whatever was accepted once has been checked then. */
function strategyOf(document: unknown): string {
  const { spec } = document as { spec?: { strategy?: object } };
  return Object.keys(spec?.strategy ?? { direct: {} })[0] ?? 'direct';
}
