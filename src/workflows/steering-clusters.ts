import { canWithhold } from '../plan/withhold.ts';
import { supersede } from './apply.ts';
import { activeRollout, type Entity } from './entity.ts';
import type { PromoteInput } from './messages.ts';
import type { Withheld } from './records.ts';
import type { EntityRun } from './run.ts';
import { refused, requireNotDeleting, type Verb } from './steering.ts';
import { withheldClusters } from './withheld.ts';

export const drain: Verb = {
  action: 'DrainRequested',
  fields: ['cluster'],
  check(entity, input) {
    requireNotDeleting(entity, 'drain');
    const cluster = requireCluster(entity, input, 'drain');
    const withheld = withheldClusters(entity);
    if (withheld.includes(cluster)) throw refused(`cluster ${cluster} is drained already: undrain brings it back`);
    if (canWithhold(entity.spec.backends, [...withheld, cluster])) return;
    throw refused(`cluster ${cluster} cannot be drained: no other cluster is left to take its traffic`);
  },
  act(run, input) {
    const cluster = requireCluster(run.entity, input, 'drain');
    const before = run.entity.withheld ?? [];
    const { actor = 'temporal', reason } = input;
    const since = Date.now();
    const entry: Withheld = { cluster, why: 'drained', since, actor, ...(reason === undefined ? {} : { reason }) };
    return move(run, { words: `drain of ${cluster}`, before, after: [...before, entry] });
  },
};

export const undrain: Verb = {
  action: 'UndrainRequested',
  fields: ['cluster'],
  check(entity, input) {
    requireNotDeleting(entity, 'undrain');
    const cluster = requireCluster(entity, input, 'undrain');
    if (withheldClusters(entity).includes(cluster)) return;
    throw refused(`cluster ${cluster} is not drained: there is nothing to undrain`);
  },
  act(run, input) {
    const cluster = requireCluster(run.entity, input, 'undrain');
    const before = run.entity.withheld ?? [];
    const after = before.filter((one) => one.cluster !== cluster);
    return move(run, { words: `undrain of ${cluster}`, before, after });
  },
};

interface Move {
  readonly words: string;
  readonly before: readonly Withheld[];
  readonly after: readonly Withheld[];
}

/** Another set of clusters without traffic is a rollout like any other, from the shares in force. */
function move(run: EntityRun, { words, before, after }: Move): string {
  const { entity } = run;
  const isUnderWay = activeRollout(entity) !== undefined;
  entity.withheld = after;
  supersede(run, { words, withheldBefore: before });
  const how = `by the strategy of generation ${entity.generation} (${entity.spec.strategy.kind})`;
  if (!isUnderWay) return `${words} ${how}`;
  return activeRollout(entity)?.rollback
    ? `${words} ${how}, when the rollback has ended`
    : `${words} ${how}; the rollout that was under way begins again from the shares in force, with this in it`;
}

function requireCluster(entity: Entity, { cluster }: PromoteInput, verb: string): string {
  const known = [...new Set(entity.spec.backends.map((backend) => backend.cluster))];
  if (cluster !== undefined && known.includes(cluster)) return cluster;
  const found = cluster === undefined ? 'no cluster' : `cluster "${cluster}"`;
  throw refused(`found ${found} to ${verb}; allowed, since it has a backend there: ${known.join(', ')}`);
}
