import { compareText } from '../plan/backend-id.ts';
import { canWithhold } from '../plan/withhold.ts';
import type { Backend } from '../spec/types.ts';
import { activeRollout, type Entity } from './entity.ts';
import type { PromoteInput } from './messages.ts';
import type { RolloutCause, Withheld } from './records.ts';
import { isGoingBackInSteps } from './rollback-steps.ts';
import type { EntityRun } from './run.ts';
import { refused, requireNotDeleting, type Verb } from './steering.ts';
import { rollOut } from './supersede.ts';
import { withheldClusters } from './withheld.ts';

export const drain: Verb = {
  action: 'DrainRequested',
  fields: ['cluster'],
  check(entity, input) {
    requireClaimed(entity, 'drain');
    const cluster = requireCluster(entity, input, 'drain');
    if (entryOf(entity, cluster)?.why === 'drained') {
      throw refused(`cluster ${cluster} is drained already: undrain brings it back`);
    }
    if (canWithhold(servingBackends(entity), [...withheldClusters(entity), cluster])) return;
    throw refused(`cluster ${cluster} cannot be drained: no other cluster is left to take its traffic`);
  },
  act(run, input) {
    const { entity } = run;
    const cluster = requireCluster(entity, input, 'drain');
    const { actor = 'temporal', reason } = input;
    const since = Date.now();
    const entry: Withheld = { cluster, why: 'drained', since, actor, ...(reason === undefined ? {} : { reason }) };
    const others = (entity.withheld ?? []).filter((one) => one.cluster !== cluster);
    return move(run, [...others, entry], { words: `drain of ${cluster}`, drains: cluster });
  },
};

export const undrain: Verb = {
  action: 'UndrainRequested',
  fields: ['cluster'],
  check(entity, input) {
    requireClaimed(entity, 'undrain');
    const cluster = requireCluster(entity, input, 'undrain');
    if (entryOf(entity, cluster)) return;
    throw refused(`cluster ${cluster} is not drained: there is nothing to undrain`);
  },
  act(run, input) {
    const { entity } = run;
    const cluster = requireCluster(entity, input, 'undrain');
    const entry = entryOf(entity, cluster);
    const others = (entity.withheld ?? []).filter((one) => one.cluster !== cluster);
    return move(run, others, { words: `undrain of ${cluster}`, ...(entry ? { undrains: entry } : {}) });
  },
};

/** Another set of clusters without traffic is a rollout like any other, from the shares in force. */
function move(run: EntityRun, withheld: readonly Withheld[], cause: RolloutCause): string {
  const { entity } = run;
  const { rollout, spec, generation } = entity;
  const { words } = cause;
  const isUnderWay = activeRollout(entity) !== undefined;
  entity.withheld = withheld;
  // One that was about something else before is taken back without what came to it.
  rollOut(run, isUnderWay ? { words } : cause);
  if (rollout?.rollback) {
    const how = isGoingBackInSteps(entity, rollout) ? 'as far as the others bear it' : 'at once';
    return `${words} ${how}, since the last rollout is taken back`;
  }
  const how = `${words} by the strategy of generation ${generation} (${spec.strategy.kind})`;
  return isUnderWay
    ? `${how}; the rollout that was under way begins again from the shares in force, with this in it`
    : how;
}

function requireClaimed(entity: Entity, verb: string): void {
  requireNotDeleting(entity, verb);
  if (!entity.claimed) throw refused(`the hostname is not claimed yet: there is nothing to ${verb}`);
}

function entryOf({ withheld = [] }: Entity, cluster: string): Withheld | undefined {
  return withheld.find((one) => one.cluster === cluster);
}

/** Those that share the traffic when the rollout has come to its end: taken back, they are not those of the newest spec. */
function servingBackends({ rollout, live, spec }: Entity): readonly Backend[] {
  return rollout?.rollback && live ? live.allocation.backends : spec.backends;
}

function requireCluster(entity: Entity, { cluster }: PromoteInput, verb: string): string {
  const backends = [...servingBackends(entity), ...entity.spec.backends];
  const known = [...new Set(backends.map((backend) => backend.cluster))].sort(compareText);
  if (cluster !== undefined && known.includes(cluster)) return cluster;
  const found = cluster === undefined ? 'no cluster' : `cluster "${cluster}"`;
  throw refused(`found ${found} to ${verb}; allowed, since it has a backend there: ${known.join(', ')}`);
}
