import { formatSeconds } from '../lib/duration.ts';
import { checkBackends } from './backend-semantics.ts';
import { LIMITS } from './defaults.ts';
import { secondsOf } from './fields.ts';
import { checkLeaf } from './leaf-semantics.ts';
import type { FederatedIngressDocument } from './schema.ts';
import { checkTraffic } from './traffic-semantics.ts';
import type { SpecIssue } from './types.ts';

type Spec = FederatedIngressDocument['spec'];

/** What no single field can say. Works on documents that the schema has let through. */
export function checkSemantics({ spec, metadata }: FederatedIngressDocument): readonly SpecIssue[] {
  return [
    ...checkBackends(spec.backends),
    ...checkLeaf(spec, metadata.name),
    ...checkSteps(spec.strategy.canary?.steps ?? []),
    ...checkDeadline(spec),
    ...checkTraffic(spec),
  ];
}

type Steps = NonNullable<Spec['strategy']['canary']>['steps'];

/** A step list has to come to its end: weights only rise, and its timed pauses have a limit. */
function checkSteps(steps: Steps): readonly SpecIssue[] {
  const issues: SpecIssue[] = [];
  let reached = 0;
  for (const [index, { setWeight }] of steps.entries()) {
    if (setWeight === undefined) continue;
    if (setWeight <= reached) {
      const message = `found ${setWeight} after ${reached}; weights must rise from step to step, or the rollout never ends`;
      issues.push({ path: `spec.strategy.canary.steps[${index}].setWeight`, message });
    }
    reached = Math.max(reached, setWeight);
  }
  const paused = steps.reduce((sum, { pause }) => sum + (pause?.duration ?? 0), 0);
  if (paused > secondsOf(LIMITS.pausesTotal)) {
    const message = `found timed pauses of ${formatSeconds(paused)} together; allowed: at most ${LIMITS.pausesTotal} (366 days)`;
    issues.push({ path: 'spec.strategy.canary.steps', message });
  }
  return issues;
}

/** A shift ends when old answers have left the caches, a TTL later: a shorter deadline would take every rollout back. */
function checkDeadline({ strategy, dns }: Spec): readonly SpecIssue[] {
  return (['direct', 'canary', 'blueGreen'] as const).flatMap((kind) => {
    const deadline = strategy[kind]?.progressDeadline;
    if (deadline === undefined || deadline > dns.ttl) return [];
    const message = `found ${formatSeconds(deadline)}, which is not longer than dns.ttl (${formatSeconds(dns.ttl)}); write a longer one or a shorter dns.ttl`;
    return [{ path: `spec.strategy.${kind}.progressDeadline`, message }];
  });
}
