import type { InForce, Missed } from '../activities/types.ts';
import { sameLeaf } from '../plan/leaves.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafIntent } from '../planes/leaf/leaf.ts';
import { leafText } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { stepFailure } from './failure.ts';
import type { Gates } from './gates.ts';
import { refusingClusters } from './leaf-writes.ts';
import { goOnWithout, type Late, limitsOf } from './limits.ts';
import type { Gate } from './status.ts';

interface Taken extends Missed {
  /** All that were written. */
  readonly refs: readonly LeafRef[];
}

/** Says which leaves were taken up. Throws when some were not, and the spec does not go on without them. */
export function takenUp(entity: Entity, { refs, missed, why = {} }: Taken, gates?: Gates): void {
  const isMissed = (ref: LeafRef) => missed.some((each) => sameLeaf(each, ref));
  const taken = refs.filter((ref) => !isMissed(ref)).map(leafText);
  const refusing = refusingClusters(entity);
  const late = missed.filter(({ cluster }) => !refusing.includes(cluster));
  if (late.length === 0) return gates?.pass('leaves', `${taken.join(', ')}: taken up as written`);
  const missing = late.map((ref) => `${leafText(ref)} (${why[ref.cluster] ?? 'no answer'})`);
  const { leaves: limit } = limitsOf(entity.spec);
  overdue(entity, { limit, what: 'not taken up', missing }, { gate: 'leaves', ...(gates ? { gates } : {}) });
}

/** Says that these leaves were. */
export function allTakenUp(entity: Entity, leaves: readonly Pick<LeafIntent, 'ref'>[], gates?: Gates): void {
  takenUp(entity, { refs: leaves.map(({ ref }) => ref), missed: [] }, gates);
}

/** Says who serves the newest revision. Throws when some do not, and the spec does not go on without them. */
export function servedBy(entity: Entity, inForce: InForce | undefined, gates?: Gates): void {
  const { instances = [], missing = [] } = inForce ?? {};
  if (missing.length === 0) return gates?.pass('planes', serving(entity.revision, instances));
  const late: Late = {
    limit: limitsOf(entity.spec).planes,
    what: `revision ${entity.revision} is not served`,
    missing: missing.map(({ instance, message }) => `${instance} (${message})`),
    isAll: instances.length === 0,
  };
  overdue(entity, late, { ...(gates ? { gates } : {}), gate: 'planes' });
}

interface Line {
  readonly gates?: Gates;
  readonly gate: Gate['gate'];
}

function overdue(entity: Entity, late: Late, { gates, gate }: Line): void {
  try {
    const message = goOnWithout(entity, late);
    gates?.fail(gate, message);
  } catch (error) {
    gates?.fail(gate, stepFailure(error, undefined).message);
    throw error;
  }
}

function serving(revision: number, instances: readonly string[]): string {
  if (instances.length === 0) return `every plane serves revision ${revision}`;
  return `${instances.join(', ')} ${instances.length === 1 ? 'serves' : 'serve'} revision ${revision}`;
}
