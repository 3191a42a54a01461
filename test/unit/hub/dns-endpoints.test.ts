import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileEndpoints } from '../../../src/hub/dns-endpoints/endpoints.ts';
import { weightsOf } from '../../../src/hub/dns-endpoints/weights.ts';
import { emptyGlobalIngress, type GlobalIngress, type Target } from '../../../src/plan/global-ingress.ts';

const HOST = 'shop.example.test';

function aState(targets: readonly Target[], overrides: Partial<GlobalIngress> = {}): GlobalIngress {
  const owner = { namespace: 'default', name: 'shop' };
  return { ...emptyGlobalIngress({ host: HOST, owner, revision: 3, ttlSeconds: 30 }), targets, ...overrides };
}

function aTarget(cluster: string, share: number, ...addresses: readonly string[]): Target {
  return { cluster, share, addresses, hostnames: [] };
}

function named(cluster: string, share: number, ...hostnames: readonly string[]): Target {
  return { cluster, share, addresses: ['192.0.2.99'], hostnames };
}

/** `A east 192.0.2.1 aws/weight=7`, one a record. */
function records(state: GlobalIngress): readonly string[] {
  const compiled = compileEndpoints(state);
  if (compiled.kind !== 'endpoints') throw new Error(compiled.kind);
  return compiled.endpoints.map(({ recordType, setIdentifier, targets, providerSpecific: [policy] }) =>
    [recordType, setIdentifier, targets.join(','), `${policy?.name}=${policy?.value}`].join(' '),
  );
}

describe('weights', () => {
  it.each([
    [[10_000], [1]],
    [
      [7_000, 3_000],
      [7, 3],
    ],
    [
      [9_900, 100],
      [99, 1],
    ],
    [
      [10_000, 0],
      [1, 0],
    ],
    [
      [3_334, 3_333, 3_333],
      [255, 255, 255],
    ],
    [
      [9_999, 1],
      [255, 1],
    ],
    [
      [0, 0],
      [0, 0],
    ],
    [[], []],
  ])('of shares %j are %j', (shares, weights) => {
    expect(weightsOf(shares)).toEqual(weights);
  });

  it('are whole numbers up to 255, zero for zero and nothing else, and near the shares', () => {
    const shares = array(integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 8 });
    assert(
      property(shares, (all) => {
        const weights = weightsOf(all);
        const sums = { shares: sum(all), weights: sum(weights) };
        for (const [index, share] of all.entries()) {
          const weight = weights[index] ?? Number.NaN;
          expect(Number.isInteger(weight) && weight >= 0 && weight <= 255).toBe(true);
          expect(weight === 0).toBe(share === 0);
          if (sums.shares > 0) expect(Math.abs(weight / sums.weights - share / sums.shares)).toBeLessThan(0.02);
        }
      }),
    );
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

describe('endpoints', () => {
  it('are one a cluster and type of address, with the share as weight', () => {
    const state = aState([
      aTarget('east', 7_000, '192.0.2.1', '192.0.2.2', '2001:db8::1'),
      aTarget('west', 3_000, '192.0.2.3', '2001:db8::3'),
    ]);
    expect(records(state)).toEqual([
      'A east 192.0.2.1,192.0.2.2 aws/weight=7',
      'A west 192.0.2.3 aws/weight=3',
      'AAAA east 2001:db8::1 aws/weight=7',
      'AAAA west 2001:db8::3 aws/weight=3',
    ]);
    expect(compileEndpoints(state)).toMatchObject({ endpoints: [{ dnsName: HOST, recordTTL: 30 }, {}, {}, {}] });
  });

  it.each<[string, readonly Target[], readonly string[]]>([
    [
      'a cluster at share 0 keeps its record',
      [aTarget('east', 10_000, '192.0.2.1'), aTarget('west', 0, '192.0.2.3')],
      ['A east 192.0.2.1 aws/weight=1', 'A west 192.0.2.3 aws/weight=0'],
    ],
    [
      'a type of address that not all with traffic have is left out',
      [aTarget('east', 5_000, '192.0.2.1', '2001:db8::1'), aTarget('west', 5_000, '192.0.2.3')],
      ['A east 192.0.2.1 aws/weight=1', 'A west 192.0.2.3 aws/weight=1'],
    ],
    [
      'names of load balancers are CNAMEs',
      [named('east', 9_000, 'a.lb.test'), named('west', 1_000, 'b.lb.test')],
      ['CNAME east a.lb.test aws/weight=9', 'CNAME west b.lb.test aws/weight=1'],
    ],
    [
      'names beside addresses are addresses, since a CNAME stands alone',
      [named('east', 9_000, 'a.lb.test'), aTarget('west', 1_000, '192.0.2.3')],
      ['A east 192.0.2.99 aws/weight=9', 'A west 192.0.2.3 aws/weight=1'],
    ],
    [
      'several names of one cluster are addresses',
      [named('east', 10_000, 'a.lb.test', 'b.lb.test')],
      ['A east 192.0.2.99 aws/weight=1'],
    ],
  ])('%s', (_what, targets, wanted) => {
    expect(records(aState(targets))).toEqual(wanted);
  });

  it('tell of clusters that have no type of address in common', () => {
    const state = aState([aTarget('east', 5_000, '192.0.2.1'), aTarget('west', 5_000, '2001:db8::3')]);
    expect(records(state)).toEqual(['A east 192.0.2.1 aws/weight=1', 'AAAA west 2001:db8::3 aws/weight=1']);
    expect(compileEndpoints(state)).toMatchObject({ note: { reason: 'FamiliesDiffer' } });
  });

  it('fail over from the first cluster in order to the second; a third is left out, and said to be', () => {
    const targets = ['a', 'b', 'c', 'd'].map((name, index) =>
      aTarget(name, name === 'd' ? 0 : 3_333, `192.0.2.${index}`),
    );
    const state = aState(targets, { routing: { kind: 'failover', clusters: ['d', 'c', 'away', 'a', 'b'] } });
    expect(records(state)).toEqual(['A c 192.0.2.2 aws/failover=PRIMARY', 'A a 192.0.2.0 aws/failover=SECONDARY']);
    expect(compileEndpoints(state)).toMatchObject({
      note: { reason: 'FailoverOfTwo', message: expect.stringContaining(': b') },
    });
  });

  it.each([
    ['nothing serves', aState([])],
    ['nobody has a share', aState([aTarget('east', 0, '192.0.2.1')])],
  ])('are none when %s: weights of zero alone would be equal weights', (_what, state) => {
    expect(compileEndpoints(state)).toEqual({ kind: 'none' });
  });

  it('are not there for geo routing, and the reason is told', () => {
    const routing = { kind: 'geo', regions: [], draw: { kind: 'stratified' } } as const;
    const compiled = compileEndpoints(aState([aTarget('east', 10_000, '192.0.2.1')], { routing }));
    expect(compiled).toMatchObject({ kind: 'unsupported', note: { reason: 'GeoNotSupported' } });
  });
});
