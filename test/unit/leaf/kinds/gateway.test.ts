import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import { aCondition, anObject, aTarget, LEAVES, verdict } from './builders.ts';

describe('a Gateway of its own', () => {
  it('is observed once its controller has taken up its generation', () => {
    const gateway = (conditions: readonly object[]) => anObject('Gateway', { status: { conditions } });
    const { ref } = aTarget(LEAVES.own);
    expect(verdict(kindOf('Gateway').observed(gateway([aCondition('Accepted')]), ref))).toBe('fine');
    expect(verdict(kindOf('Gateway').observed(gateway([]), ref))).toBe('GatewayNotObserved momentary');
  });
});
