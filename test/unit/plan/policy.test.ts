import { describe, expect, it } from 'vitest';
import { globalIngress } from '../../../src/plan/global-ingress.ts';
import { policyOf, policyOnTheWay, publishedPolicy, type TrafficPolicy } from '../../../src/plan/policy.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import type { Region } from '../../../src/spec/types.ts';
import { aPolicy, aSpec, v1, v1Id } from './builders.ts';

function geo(...regions: readonly Region[]): TrafficPolicy {
  return aPolicy({ routing: { kind: 'geo', regions } });
}

describe('a policy', () => {
  it.each<[string, Partial<TrafficPolicy>]>([
    ['weighted', {}],
    ['sticky', { draw: 'sticky' }],
    ['failover', { routing: { kind: 'failover', clusters: ['east'] } }],
    ['geo', { routing: { kind: 'geo', regions: [{ name: 'eu', clusters: ['east'] }] }, draw: 'sticky' }],
    ['without a health check, over TLS', { health: null, tls: true }],
  ])('can be read back from a published state: %s', (_what, changes) => {
    const policy = aPolicy(changes);
    const state = globalIngress({
      host: 'shop.example.test',
      owner: { namespace: 'default', name: 'shop' },
      revision: 1,
      policy,
      allocation: allocationOf([v1]),
      addresses: { [v1Id]: ['127.0.0.11'] },
      hostnames: {},
      slots: undefined,
    });
    expect(publishedPolicy(state)).toEqual(policy);
  });

  it('knows of TLS that there is some', () => {
    expect(policyOf(aSpec()).tls).toBe(false);
    expect(policyOf(aSpec({ tls: { secretName: 'shop-tls' } })).tls).toBe(true);
  });
});

describe('on the way', () => {
  it('lets a cluster that leaves keep its regions, so that clients of a region move by share', () => {
    const from = geo({ name: 'eu', clusters: ['east'] }, { name: 'us', clusters: ['west'] });
    const to = geo({ name: 'eu', clusters: ['north'] }, { name: 'us', clusters: ['west'] });
    expect(policyOnTheWay(from, to, ['north', 'west'])).toEqual(
      geo({ name: 'eu', clusters: ['north', 'east'] }, { name: 'us', clusters: ['west'] }),
    );
  });

  it('takes a cluster that stays out of its region at once', () => {
    const from = geo({ name: 'eu', clusters: ['east', 'west'] });
    const to = geo({ name: 'eu', clusters: ['east'] });
    expect(policyOnTheWay(from, to, ['east', 'west'])).toEqual(to);
  });

  it('is what is wanted when nothing is known of before, or it was no geo routing', () => {
    const to = geo({ name: 'eu', clusters: ['east'] });
    expect(policyOnTheWay(undefined, to, ['east'])).toBe(to);
    expect(policyOnTheWay(aPolicy(), to, ['east'])).toBe(to);
    expect(policyOnTheWay(to, aPolicy(), [])).toEqual(aPolicy());
  });
});
