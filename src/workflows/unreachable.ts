import { condition } from '@temporalio/workflow';
import { formatSeconds } from '../lib/duration.ts';
import { canWithhold } from '../plan/withhold.ts';
import { activeRollout, isDraining } from './entity.ts';
import { remember } from './history.ts';
import { leafIntents } from './leaf-intents.ts';
import { miss } from './leaf-writes.ts';
import { planAnew } from './planning.ts';
import type { Rollout } from './records.ts';
import type { EntityRun } from './run.ts';
import { rollOut } from './supersede.ts';
import { unreachableClusters, withheldClusters } from './withheld.ts';

/** Leaves a cluster out that a step has waited for as long as the spec says. To run beside the walk, in its scope. */
export async function leaveOutUnreachable(run: EntityRun, rollout: Rollout, afterSeconds: number): Promise<void> {
  for (;;) {
    await condition(() => longestAway(run, rollout) !== undefined);
    const [cluster, since] = longestAway(run, rollout) ?? [];
    if (cluster === undefined || since === undefined) continue;
    const isBack = (): boolean => run.away.waitedFor.get(cluster) !== since;
    const left = since + afterSeconds * 1000 - Date.now();
    if (left > 0) await condition(isBack, left, { summary: `Before ${cluster} is left out` });
    if (isBack() || longestAway(run, rollout)?.[0] !== cluster) continue;
    leaveOut(run, rollout, { cluster, afterSeconds });
    return;
  }
}

/** Of those without which others can still serve. What is only left to be removed there has its own patience. */
function longestAway({ entity, away }: EntityRun, rollout: Rollout): readonly [string, number] | undefined {
  if (isDraining(rollout)) return undefined;
  const { backends } = entity.spec;
  const out = [...withheldClusters(entity), ...(rollout.failed ?? []).map(({ cluster }) => cluster)];
  return [...away.waitedFor].find(([cluster]) => {
    const isWanted = backends.some((backend) => backend.cluster === cluster);
    return isWanted && !out.includes(cluster) && canWithhold(backends, [...out, cluster]);
  });
}

interface Absence {
  readonly cluster: string;
  readonly afterSeconds: number;
}

function leaveOut(run: EntityRun, rollout: Rollout, { cluster, afterSeconds }: Absence): void {
  const { entity } = run;
  const written = rollout.plan.steps.flatMap((step) => (step.kind === 'applyLeaves' ? step.leaves : []));
  // What it was to get is compared as soon as it answers: so it is noticed that it is back.
  miss(
    entity,
    leafIntents(
      entity,
      written.filter((ref) => ref.cluster === cluster),
    ),
  );
  const reason = `no answer for ${formatSeconds(afterSeconds)}`;
  const entry = { cluster, why: 'unreachable', since: Date.now(), actor: 'sluice', reason } as const;
  entity.withheld = [...(entity.withheld ?? []), entry];
  run.away.answered([cluster]);
  const message = `${cluster} is left out, since it gives ${reason}: its traffic goes to the others until it is back`;
  remember(entity, { actor: 'sluice', action: 'ClusterUnreachable', message });
  planAnew(entity, rollout);
  run.replanned();
}

/** Takes a cluster in again that was left out. Whether it was: then everything of it is written anew. */
export function hasReturned(run: EntityRun, cluster: string): boolean {
  const { entity } = run;
  if (!unreachableClusters(entity).includes(cluster)) return false;
  const before = entity.withheld ?? [];
  entity.withheld = before.filter((one) => one.cluster !== cluster || one.why !== 'unreachable');
  const rollout = activeRollout(entity);
  const message = rollout
    ? `${cluster} answers again and comes to step ${rollout.step + 1}`
    : `${cluster} answers again`;
  remember(entity, { actor: 'sluice', action: 'ClusterReturned', message });
  if (rollout && !rollout.rollback) {
    planAnew(entity, rollout);
    run.replanned();
  } else rollOut(run, { words: `return of ${cluster}`, direct: true });
  return true;
}
