import { DEFAULTS } from './defaults.ts';
import type { Deadlines, Hold, Step, Strategy, Verification } from './rollout-types.ts';
import type { FederatedIngressDocument } from './schema.ts';
import { toStatusRange } from './traffic-parse.ts';
import type { Probe } from './types.ts';

type StrategyDocument = FederatedIngressDocument['spec']['strategy'];
type BlueGreenDocument = NonNullable<StrategyDocument['blueGreen']>;
type StepDocument = NonNullable<StrategyDocument['canary']>['steps'][number];
type VerifyDocument = NonNullable<StepDocument['verify']>;

/** `probe`: that of the health check, which says what a verification asks unless it says so itself. */
export function toStrategy({ canary, blueGreen }: StrategyDocument, probe: Probe): Strategy {
  if (canary !== undefined) return { kind: 'canary', steps: canary.steps.map((step) => toStep(step, probe)) };
  if (blueGreen === undefined) return { kind: 'direct' };
  const { verify, hold, keepOld } = blueGreen;
  return {
    kind: 'blueGreen',
    ...(verify === undefined ? {} : { verify: toVerification(verify, probe) }),
    hold: toHold(hold),
    keepOldSeconds: keepOld,
  };
}

export function toDeadlines({ direct, canary, blueGreen }: StrategyDocument): Deadlines {
  const chosen = canary ?? blueGreen ?? direct;
  if (chosen === undefined) throw new Error('the schema lets a strategy through that is none of its kinds');
  return { readyTimeoutSeconds: chosen.readyTimeout, progressDeadlineSeconds: chosen.progressDeadline };
}

function toStep({ setWeight, clusters, verify, pause }: StepDocument, probe: Probe): Step {
  if (setWeight !== undefined) {
    return { kind: 'setWeight', weight: setWeight, ...(clusters === undefined ? {} : { clusters }) };
  }
  if (verify !== undefined) return { kind: 'verify', verification: toVerification(verify, probe) };
  const durationSeconds = pause?.duration;
  return durationSeconds === undefined ? { kind: 'pause' } : { kind: 'pause', durationSeconds };
}

function toVerification({ path, statuses, count, maxFailures, timeout }: VerifyDocument, probe: Probe): Verification {
  const asked = probe.kind === 'tcp' ? ANYTHING : probe;
  return {
    path: path ?? asked.path,
    statuses: statuses?.map(toStatusRange) ?? asked.statuses,
    count,
    maxFailures,
    timeoutSeconds: timeout,
  };
}

/** Where the health check asks nothing over HTTP. */
const ANYTHING = { path: DEFAULTS.verifyPath, statuses: DEFAULTS.healthStatuses.map(toStatusRange) };

function toHold(hold: BlueGreenDocument['hold']): Hold {
  if (hold === undefined) return { kind: 'none' };
  if (hold.duration === undefined) return { kind: 'untilPromoted' };
  return { kind: 'timed', durationSeconds: hold.duration };
}
