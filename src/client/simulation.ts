import { type PlanInput, plan } from '../plan/plan.ts';
import { type Simulation, simulate } from '../plan/simulate.ts';
import { type Scenario, scenarioIssues } from '../plan/simulate-scenario.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { PlannedPreview } from '../workflows/status.ts';
import { ClientError } from './errors.ts';

/** The preview of a FederatedIngress that is not there yet: nothing serves. */
export function previewOfNew(spec: FederatedIngress): PlannedPreview {
  const inForce = { backends: [], shares: {} };
  const start: PlanInput = { spec, inForce, policyInForce: undefined, ttlInForceSeconds: 0, existingLeaves: [] };
  return { outcome: 'created', plan: plan(start), start };
}

/** How the rollout of a preview would go if this happened. Throws ClientError `invalid` when that cannot happen to it. */
export function simulatePreview({ start, live }: PlannedPreview, scenario: Scenario): Simulation {
  if (start === undefined) {
    throw new ClientError(
      'unavailable',
      'the worker is of an earlier version and cannot be simulated: upgrade it first',
    );
  }
  const issues = scenarioIssues(plan(start), scenario);
  if (issues.length > 0) throw new ClientError('invalid', issues.join('\n'));
  return simulate({ start, ...(live === undefined ? {} : { live }), scenario });
}
