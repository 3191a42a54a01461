import { backendId } from '../plan/backend-id.ts';
import { formatIssues, specEquals } from '../spec/document.ts';
import type { Backend, FederatedIngress } from '../spec/types.ts';
import { conflicts } from './accept.ts';
import type { Entity } from './entity.ts';
import { keepGeneration } from './generations.ts';
import { remember } from './history.ts';
import type { Placed } from './messages.ts';
import type { EntityRun } from './run.ts';
import { supersede } from './supersede.ts';
import { forgetWithheld } from './withheld.ts';

/** Takes in the backends that the clusters of today would get. Another selection is a rollout like any other. */
export function observePlacement(run: EntityRun, { backends, obstacle: found }: Placed): void {
  const { entity } = run;
  if (entity.deletion || entity.spec.placements.length === 0) return;
  const spec = { ...entity.spec, backends };
  if (specEquals(spec, entity.spec)) {
    delete entity.unplaced;
    return;
  }
  const obstacle = obstacleOf(entity, spec, found);
  if (obstacle !== undefined) {
    // Said once: a selection that stays impossible is no news.
    if (entity.unplaced !== obstacle) remember(entity, { actor: 'sluice', action: 'PlacementHeld', message: obstacle });
    entity.unplaced = obstacle;
    return;
  }
  delete entity.unplaced;
  remember(entity, { actor: 'sluice', action: 'Placed', message: describeMove(entity.spec.backends, backends) });
  entity.spec = spec;
  entity.generation += 1;
  forgetWithheld(entity);
  keepGeneration(entity);
  supersede(run);
}

/** Why a selection cannot be rolled out, so that the last one stays. */
function obstacleOf(entity: Entity, spec: FederatedIngress, found: string | undefined): string | undefined {
  const issues = found === undefined ? formatIssues(conflicts(entity, spec)) : found;
  return issues === '' ? undefined : `clusters are selected anew, but the last placement stays: ${issues}`;
}

/** `joined: north; left: west; weights: east` */
export function describeMove(before: readonly Backend[], after: readonly Backend[]): string {
  const without = (all: readonly Backend[], others: readonly Backend[]): readonly string[] =>
    all.filter((one) => !others.some((other) => backendId(other) === backendId(one))).map(({ cluster }) => cluster);
  const reweighted = after.filter((one) =>
    before.some((other) => backendId(other) === backendId(one) && other.weight !== one.weight),
  );
  const parts = [
    { what: 'joined', clusters: without(after, before) },
    { what: 'left', clusters: without(before, after) },
    { what: 'new weight', clusters: reweighted.map(({ cluster }) => cluster) },
  ];
  return parts
    .filter(({ clusters }) => clusters.length > 0)
    .map(({ what, clusters }) => `${what}: ${clusters.join(', ')}`)
    .join('; ');
}
