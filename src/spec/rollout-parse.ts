import { DEFAULTS } from './defaults.ts';
import { secondsOf } from './fields.ts';
import type { GatePolicy, RollbackPolicy, RolloutPolicy, UnreachablePolicy } from './rollout-types.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { DnsSettings } from './types.ts';

type Spec = FederatedIngressDocument['spec'];

/** What holds for a document that says nothing of it, and for a FederatedIngress from before these fields were there. */
export const ROLLOUT_DEFAULTS: RolloutPolicy = {
  onFailure: DEFAULTS.onFailure,
  rollback: { kind: 'atOnce' },
  maxFailedClusters: DEFAULTS.maxFailedClusters,
  unreachable: { kind: 'wait' },
  onChange: DEFAULTS.onChange,
  rollbackWindowSeconds: secondsOf(DEFAULTS.rollbackWindow),
  leaves: { otherwise: DEFAULTS.gateOtherwise },
  planes: { otherwise: DEFAULTS.gateOtherwise },
  measured: {
    tolerancePercent: DEFAULTS.measuredTolerance,
    withinSeconds: secondsOf(DEFAULTS.measuredWithin),
    otherwise: DEFAULTS.measuredOtherwise,
  },
};

export function toRolloutPolicy({ start, measured, ...rollout }: Spec['rollout']): RolloutPolicy {
  const { incumbentBroken } = start;
  return {
    onFailure: rollout.onFailure,
    rollback: toRollback(rollout.rollback),
    maxFailedClusters: rollout.maxFailedClusters,
    unreachable: toUnreachable(rollout.unreachable),
    onChange: rollout.onChange,
    ...(incumbentBroken === undefined ? {} : { incumbentBroken }),
    rollbackWindowSeconds: rollout.rollbackWindow,
    leaves: toGatePolicy(rollout.leaves),
    planes: toGatePolicy(rollout.planes),
    measured: {
      tolerancePercent: measured.tolerance,
      withinSeconds: measured.within,
      otherwise: measured.otherwise,
    },
  };
}

function toRollback({ byEndpoints }: Spec['rollout']['rollback']): RollbackPolicy {
  return byEndpoints === undefined ? { kind: 'atOnce' } : { kind: 'byEndpoints', withinSeconds: byEndpoints.within };
}

function toGatePolicy({ within, otherwise }: Spec['rollout']['leaves']): GatePolicy {
  return { otherwise, ...(within === undefined ? {} : { withinSeconds: within }) };
}

function toUnreachable({ goOn }: Spec['rollout']['unreachable']): UnreachablePolicy {
  return goOn === undefined ? { kind: 'wait' } : { kind: 'goOn', afterSeconds: goOn.after };
}

export function toDnsSettings({ ttl, rolloutTtl, draw }: Spec['dns']): DnsSettings {
  return { ttlSeconds: ttl, rolloutTtlSeconds: rolloutTtl ?? defaultRolloutTtl(ttl), draw };
}

/** The TTL of rollouts where none is given, seconds. */
export function defaultRolloutTtl(ttlSeconds: number): number {
  return Math.min(secondsOf(DEFAULTS.rolloutTtl), ttlSeconds);
}
