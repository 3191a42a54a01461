import { backendId } from '../plan/backend-id.ts';
import type { BackendId } from '../plan/types.ts';
import type { LeafDrift, Readiness } from '../planes/leaf/leaf.ts';
import { observeDrift } from './drift.ts';
import { comparesWithPast } from './drift-reports.ts';
import { activeRollout, type Entity, isDraining } from './entity.ts';
import { fail, leaveOut } from './failing.ts';
import { currentBackends } from './leaf-intents.ts';
import type { Observed } from './messages.ts';
import { observePlacement } from './placement.ts';
import type { EntityRun } from './run.ts';
import { followAddresses } from './traffic.ts';
import { hasReturned } from './unreachable.ts';

/** Takes in what activities saw. */
export function observe(run: EntityRun, observed: Observed): void {
  const { watch, readiness = [], drift = [], placed } = observed;
  run.waitsFor(observed);
  if (run.isFollowed(watch)) {
    for (const each of readiness) observeReadiness(run, each);
    run.noteAway();
    if (placed) observePlacement(run, placed);
    followAddresses(run);
  }
  if (drift.length > 0 && run.driftReports.hears(watch)) observeDrifts(run, drift);
  run.show();
}

function observeDrifts(run: EntityRun, drift: readonly LeafDrift[]): void {
  if (drift.some((each) => comparesWithPast(run.entity, each))) return run.follow();
  run.away.answered(drift.map(({ ref }) => ref.cluster));
  for (const each of drift) if (!hasReturned(run, each.ref.cluster)) observeDrift(run, each);
}

function observeReadiness(run: EntityRun, readiness: Readiness): void {
  const { entity } = run;
  entity.readiness = { ...entity.readiness, [readiness.backend]: readiness };
  if (readiness.kind === 'ready') {
    entity.addresses = { ...entity.addresses, [readiness.backend]: readiness.addresses };
    // Absent: not known at the moment.
    const { hostnames, port } = readiness;
    if (hostnames) {
      entity.hostnames = { ...entity.hostnames, [readiness.backend]: hostnames };
      keepPort(entity, readiness.backend, port);
    }
  }
  if (readiness.kind === 'notReady' && hasGrown(run, readiness.backend)) loseReadiness(run, readiness);
}

function loseReadiness(run: EntityRun, { backend, message }: Pick<Readiness, 'backend'> & { message: string }): void {
  const { entity } = run;
  const rollout = activeRollout(entity);
  const cluster = currentBackends(entity).find((one) => backendId(one) === backend)?.cluster;
  const failure = { reason: 'ReadinessLost', message };
  // It is on its way back there already.
  if (rollout?.failed?.some((one) => one.cluster === cluster)) return;
  if (rollout && cluster !== undefined && leaveOut(run, rollout, [{ cluster, ...failure }])) return;
  fail(run, failure);
}

/** Undefined: the port of the cluster's gateway. */
function keepPort(entity: Entity, backend: BackendId, port: number | undefined): void {
  const { [backend]: _before, ...others } = entity.ports ?? {};
  const ports = { ...others, ...(port === undefined ? {} : { [backend]: port }) };
  if (Object.keys(ports).length > 0) entity.ports = ports;
  else delete entity.ports;
}

/** Whether this rollout gave the backend more traffic than it had, and can still take it back. */
function hasGrown({ entity }: EntityRun, backend: BackendId): boolean {
  const rollout = activeRollout(entity);
  if (!rollout || rollout.rollback || isDraining(rollout)) return false;
  return (entity.published.shares[backend] ?? 0) > (rollout.plan.from.shares[backend] ?? 0);
}
