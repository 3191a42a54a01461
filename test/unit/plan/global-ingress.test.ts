import { describe, expect, it } from 'vitest';
import { globalIngress, slotsOf } from '../../../src/plan/global-ingress.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import { aBackend, aPolicy, NOTHING, v1, v1Id, v2, v2Id } from './builders.ts';

const policy = aPolicy();
const claim = { host: 'shop.example.test', owner: { namespace: 'default', name: 'shop' }, revision: 7 };
const input = { ...claim, policy, hostnames: {}, slots: undefined };
const addresses = { [v1Id]: ['127.0.0.11'], [v2Id]: ['127.0.0.21'] };
const half = allocationOf([v1, v2]);

describe('globalIngress', () => {
  it('has one target a cluster, in order of name, with addresses and names in order', () => {
    const state = globalIngress({
      ...input,
      allocation: allocationOf([{ ...v2, weight: 300 }, v1]),
      addresses: { [v1Id]: ['127.0.0.12', '127.0.0.11', '127.0.0.12'], [v2Id]: ['127.0.0.21'] },
      hostnames: { [v1Id]: ['b.lb.test', 'a.lb.test'] },
    });
    expect(state).toEqual({
      ...claim,
      ttlSeconds: 5,
      routing: { kind: 'weighted', draw: { kind: 'stratified' } },
      health: policy.health,
      tls: false,
      targets: [
        {
          cluster: 'east',
          share: 2_500,
          addresses: ['127.0.0.11', '127.0.0.12'],
          hostnames: ['a.lb.test', 'b.lb.test'],
        },
        { cluster: 'west', share: 7_500, addresses: ['127.0.0.21'], hostnames: [] },
      ],
    });
  });

  it('keeps a cluster without traffic that can be reached, and leaves out one that cannot', () => {
    const north = aBackend({ name: 'v3', cluster: 'north', weight: 0 });
    const allocation = allocationOf([v1, { ...v2, weight: 0 }, north]);
    const { targets } = globalIngress({ ...input, allocation, addresses: { [v1Id]: ['::1'], [v2Id]: ['::2'] } });
    expect(targets).toMatchObject([
      { cluster: 'east', share: 10_000, addresses: ['::1'] },
      { cluster: 'west', share: 0, addresses: ['::2'] },
    ]);
  });

  it('never gives traffic to a cluster without addresses', () => {
    expect(() => globalIngress({ ...input, allocation: allocationOf([v1]), addresses: {} })).toThrow(
      'shop.example.test: cluster east has share 10000 and no address',
    );
  });

  it('has no targets when nothing serves', () => {
    expect(globalIngress({ ...input, allocation: NOTHING, addresses: {} }).targets).toEqual([]);
  });

  it('has the order of failover, which draws nothing', () => {
    const routing = { kind: 'failover', clusters: ['west', 'east'] } as const;
    const state = globalIngress({
      ...input,
      policy: aPolicy({ routing, draw: 'sticky' }),
      allocation: half,
      addresses,
    });
    expect(state.routing).toEqual(routing);
    expect(slotsOf(state)).toBeUndefined();
  });

  it('has regions with the draw among them', () => {
    const regions = [{ name: 'eu', clusters: ['east'] }];
    const geo = aPolicy({ routing: { kind: 'geo', regions } });
    const { routing } = globalIngress({ ...input, policy: geo, allocation: half, addresses });
    expect(routing).toEqual({ kind: 'geo', regions, draw: { kind: 'stratified' } });
  });

  it('gives the slots of a sticky draw by share, and goes on from those before', () => {
    const sticky = { ...input, policy: aPolicy({ draw: 'sticky' }), addresses };
    const first = globalIngress({ ...sticky, allocation: half });
    expect(slotsOf(first)).toEqual([
      { cluster: 'east', count: 5_000 },
      { cluster: 'west', count: 5_000 },
    ]);
    const before = [
      { cluster: 'west', count: 1_000 },
      { cluster: 'east', count: 9_000 },
    ];
    expect(slotsOf(globalIngress({ ...sticky, allocation: half, slots: before }))).toEqual([
      { cluster: 'west', count: 5_000 },
      { cluster: 'east', count: 5_000 },
    ]);
  });
});
