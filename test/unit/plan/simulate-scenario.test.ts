import { describe, expect, it } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { parseFault, parseRecovery, scenarioIssues, scenarioText } from '../../../src/plan/simulate-scenario.ts';
import { aPlanInput, aSpec, v1, v2 } from './builders.ts';

describe('what is given as --fail and --recover', () => {
  it.each([
    ['cluster=west@step3', 'cluster=west@step3:unready'],
    ['cluster=west@step12:unreachable', 'cluster=west@step12:unreachable'],
    ['cluster=eu-1@90m:verify', 'cluster=eu-1@1h30m:verify'],
    ['cluster=west@0s:unready', 'cluster=west@0s:unready'],
  ])('is read as a fault: %s', (text, again) => {
    const fault = parseFault(text);
    expect(fault === undefined ? undefined : scenarioText(fault)).toBe(again);
  });

  it.each([
    '',
    'west@step3',
    'cluster=west',
    'cluster=west@3',
    'cluster=west@step0',
    'cluster=west@step',
    'cluster=West@step3',
    'cluster=west@step3:down',
    'cluster=west@10 m',
    'cluster=west@h:verify',
    'cluster=west@500ms',
  ])('is no fault: %j', (text) => {
    expect(parseFault(text)).toBeUndefined();
  });

  it('is read as a recovery, which has no kind', () => {
    expect(parseRecovery('cluster=west@step5')).toEqual({ cluster: 'west', at: { kind: 'step', step: 5 } });
    expect(parseRecovery('cluster=west@step5:verify')).toBeUndefined();
  });

  it('is refused with what is there when the rollout has no such cluster or step', () => {
    const planned = plan(aPlanInput(aSpec({ backends: [v2] }), [v1]));
    const faults = ['cluster=wets@step1', 'cluster=east@step99'].flatMap((text) => parseFault(text) ?? []);
    const recoveries = ['cluster=north@1m'].flatMap((text) => parseRecovery(text) ?? []);
    expect(scenarioIssues(planned, { faults, recoveries })).toEqual([
      'fail cluster=wets@step1:unready: found cluster "wets", did you mean "west"? allowed, since the rollout has a backend there: east or west',
      `fail cluster=east@step99:unready: found step 99; allowed: 1 to ${planned.steps.length}, the steps that \`sluice plan\` prints`,
      'recover cluster=north@1m: found cluster "north"; allowed, since the rollout has a backend there: east or west',
    ]);
  });
});
