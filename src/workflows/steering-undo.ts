import { applyDocument } from './apply.ts';
import type { Entity } from './entity.ts';
import { isRecent, undoable, undoTarget } from './generations.ts';
import { refused, requireNotDeleting, type Verb } from './steering.ts';

export const undo: Verb = {
  action: 'UndoRequested',
  fields: ['toGeneration'],
  check(entity, input) {
    requireNotDeleting(entity, 'undo');
    requireTarget(entity, input.toGeneration);
  },
  async act(run, input) {
    const { entity } = run;
    const target = requireTarget(entity, input.toGeneration);
    const skips = isRecent(entity, target);
    const words = `undo to generation ${target.generation}`;
    const cause = { words, ...(skips ? ({ direct: true } as const) : {}) };
    const { outcome, generation } = await applyDocument(run, target.document, input, { cause, isNoted: true });
    if (outcome === 'unchanged')
      return `generation ${generation} is what generation ${target.generation} was: nothing to do`;
    const how = skips ? 'in one shift, since it completed not long ago' : 'by its strategy';
    return `generation ${generation} is generation ${target.generation} again, ${how}`;
  },
};

function requireTarget(entity: Entity, toGeneration: number | undefined): ReturnType<typeof undoable>[number] {
  const target = undoTarget(entity, toGeneration);
  if (target) return target;
  const kept = undoable(entity).map(({ generation }) => generation);
  if (kept.length === 0) throw refused('there is no earlier generation to go back to');
  const found = toGeneration === undefined ? 'none that completed' : `${toGeneration}`;
  throw refused(`found ${found} to go back to; allowed for toGeneration: ${kept.join(', ')}`);
}
