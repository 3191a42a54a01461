import { leafPolicyOf } from '../plan/leaf-text.ts';
import { leavesWithout } from '../plan/leaves.ts';
import { place } from '../plan/placement.ts';
import { type PlanInput, plan } from '../plan/plan.ts';
import { policyOf } from '../plan/policy.ts';
import { earliestSeconds, latestSeconds } from '../plan/times.ts';
import type { LeafRef, Plan, PlanStep } from '../plan/types.ts';
import type { Environment } from '../spec/admission.ts';
import { specEquals } from '../spec/document.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { accept, conflicts, refuseIssues } from './accept.ts';
import { activeRollout, type Entity, submittedSpec } from './entity.ts';
import { refusal } from './failure.ts';
import { currentBackends } from './leaf-intents.ts';
import { planAmended, planInput } from './planning.ts';
import { hasToWait } from './queue.ts';
import type { Rollout, StepRecord } from './records.ts';
import { time } from './rollout-status.ts';
import type { PlanChange, PlannedPreview } from './status.ts';
import { amends } from './supersede.ts';

export interface PreviewOptions {
  /** What backends are placed in; without them a placement stays as it is. */
  readonly clusters?: Environment['clusters'] | undefined;
  /** Milliseconds since the epoch: the workflow's own clock stands still while nothing happens. */
  readonly now?: number | undefined;
}

/** What `apply` would do, without doing it. */
export function previewDocument(
  entity: Entity,
  document: unknown,
  { clusters, now = Date.now() }: PreviewOptions,
): PlannedPreview {
  const submitted = accept(entity, document);
  const spec = previewPlacement(entity, submitted, clusters);
  refuseIssues(conflicts(entity, spec));
  const live = entity.live ? { live: entity.live.allocation } : {};
  const start = planInput(entity, spec);
  if (specEquals(submitted, submittedSpec(entity))) return { outcome: 'unchanged', plan: plan(start), start, ...live };
  const rollout = activeRollout(entity);
  if (!rollout) return { outcome: 'updated', plan: plan(start), start, ...live };
  if (hasToWait(entity, spec)) {
    const after = inputAfter(entity, rollout, spec);
    return { outcome: 'queued', plan: plan(after), start: after, ...live, change: queuedChange(entity) };
  }
  if (amends(entity, spec))
    return { outcome: 'updated', ...amendment({ ...entity, spec }, rollout, now), start, ...live };
  return { outcome: 'updated', plan: plan(start), start, ...live, change: superseding(rollout) };
}

function previewPlacement(
  entity: Entity,
  spec: FederatedIngress,
  clusters: Environment['clusters'] | undefined,
): FederatedIngress {
  if (clusters) return place(spec, clusters, currentBackends(entity));
  if (spec.placements.length === 0 || specEquals(spec.placements, entity.spec.placements)) {
    return { ...spec, backends: [...spec.backends, ...entity.spec.backends.filter(({ placement }) => placement)] };
  }
  throw refusal('Refused', 'a preview of other placements needs the clusters as second input, or the HTTP API');
}

/** What a plan from the end of the rollout under way has to know, if that completes. */
function inputAfter(entity: Entity, { plan: present }: Rollout, spec: FederatedIngress): PlanInput {
  const { dns } = entity.spec;
  const { apply, remove } = leavesOf(present);
  return {
    ...planInput(entity, spec),
    inForce: present.to,
    policyInForce: policyOf(entity.spec),
    ttlInForceSeconds: dns.ttlSeconds,
    existingLeaves: leavesWithout([...entity.leaves, ...leavesWithout(apply, entity.leaves)], remove),
    leavesInForce: leafPolicyOf(entity.spec),
  };
}

function leavesOf({ steps }: Plan): { readonly apply: readonly LeafRef[]; readonly remove: readonly LeafRef[] } {
  const of = (kind: 'applyLeaves' | 'removeLeaves') =>
    steps.flatMap((step) => (step.kind === kind && 'leaves' in step ? step.leaves : []));
  return { apply: of('applyLeaves'), remove: of('removeLeaves') };
}

function queuedChange({ generation, queued }: Entity): PlanChange {
  const instead = queued ? ', in place of the document that is queued' : '';
  const message = `begins when generation ${generation} has ended${instead}; planned as if that completes`;
  return { kind: 'queued', message };
}

function superseding({ generation, plan: { steps }, step, rollback }: Rollout): PlanChange {
  if (rollback) return { kind: 'superseded', message: `begins when generation ${generation} is taken back` };
  const position = `step ${step + 1} of ${steps.length}`;
  return {
    kind: 'superseded',
    message: `ends generation ${generation} at ${position}, and begins from the shares in force`,
  };
}

/** The steps that are left of the rollout under way. */
function amendment(entity: Entity, { ...rollout }: Rollout, now: number): Pick<PlannedPreview, 'plan' | 'change'> {
  const { generation } = rollout;
  planAmended(entity, rollout);
  const { plan: whole, records, step } = rollout;
  const [current, ...later] = whole.steps.slice(step);
  const soaked = current ? soak(current, records[step], now) : undefined;
  const steps = current ? [soaked?.step ?? current, ...later] : later;
  const position = `step ${step + 1} of ${whole.steps.length}`;
  const until = soaked ? `, which goes on until ${time(soaked.until)}` : '';
  const times = { earliestSeconds: earliestSeconds(steps), latestSeconds: latestSeconds(steps, entity.spec) };
  return {
    plan: { ...whole, steps, ...times },
    change: {
      kind: 'amended',
      message: `goes on with generation ${generation} at ${position}${until}; these are the steps left`,
    },
  };
}

interface Soak {
  readonly step: PlanStep;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What is left of a timed pause that is under way. */
function soak(step: PlanStep, record: StepRecord | undefined, now: number): Soak | undefined {
  const { startedAt } = record ?? {};
  if (step.kind !== 'pause' || step.durationSeconds === undefined || startedAt === undefined) return undefined;
  const until = startedAt + step.durationSeconds * 1000;
  return { step: { ...step, durationSeconds: Math.max(0, Math.ceil((until - now) / 1000)) }, until };
}
