import { expect, it } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import type { Step } from '../../../src/spec/rollout-types.ts';
import type { FederatedIngress } from '../../../src/spec/types.ts';
import { isAmendment } from '../../../src/workflows/amendment.ts';
import type { Rollout } from '../../../src/workflows/records.ts';
import { aPlanInput, aSpec, v1, v2 } from '../plan/builders.ts';

const weight = (percent: number): Step => ({ kind: 'setWeight', weight: percent });
const pause = (durationSeconds?: number): Step => ({
  kind: 'pause',
  ...(durationSeconds === undefined ? {} : { durationSeconds }),
});

function aCanary(steps: readonly Step[], changes: Partial<FederatedIngress> = {}): FederatedIngress {
  return aSpec({ backends: [v2], strategy: { kind: 'canary', steps }, ...changes });
}

const BEFORE = aCanary([weight(10), pause(60), weight(50), pause()]);

/** A rollout of `BEFORE` that is at the step of this index in its strategy. */
function at(strategyStep: number): Rollout {
  const planned = plan(aPlanInput(BEFORE, [v1]));
  const step = planned.steps.findIndex((one) => 'strategyStep' in one && one.strategyStep === strategyStep);
  // Only where it is counts here.
  return { plan: planned, step } as unknown as Rollout;
}

const SOAK = 1;

it.each([
  { what: 'steps to come', after: aCanary([weight(10), pause(60), weight(30)]), amends: true },
  {
    what: 'how long the soak under way is',
    after: aCanary([weight(10), pause(90), weight(50), pause()]),
    amends: true,
  },
  { what: 'whether the soak ends by itself', after: aCanary([weight(10), pause(), weight(50), pause()]), amends: true },
  { what: 'a step that is behind', after: aCanary([weight(20), pause(60), weight(50), pause()]), amends: false },
  { what: 'the soak under way to a weight', after: aCanary([weight(10), weight(50), pause()]), amends: false },
  { what: 'what is wanted in the end', after: { ...BEFORE, backends: [v1, v2] }, amends: false },
  { what: 'the strategy', after: { ...BEFORE, strategy: { kind: 'direct' } as const }, amends: false },
  {
    what: 'what a failure does',
    after: { ...BEFORE, rollout: { ...BEFORE.rollout, onFailure: 'hold' as const } },
    amends: true,
  },
])('in a soak, a spec that changes $what amends: $amends', ({ after, amends }) => {
  expect(isAmendment(at(SOAK), BEFORE, after)).toBe(amends);
});

it('a weight under way is not amended, one to come is', () => {
  const after = aCanary([weight(10), pause(60), weight(30), pause()]);
  expect(isAmendment(at(2), BEFORE, after)).toBe(false);
  expect(isAmendment(at(1), BEFORE, after)).toBe(true);
});
