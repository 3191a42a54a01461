import { describe, expect, it } from 'vitest';
import { globalIngress } from '../../../src/plan/global-ingress.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import { aBackend, NOTHING, v1, v1Id, v2, v2Id } from './builders.ts';

const claim = {
  host: 'shop.example.test',
  owner: { namespace: 'default', name: 'shop' },
  revision: 7,
  ttlSeconds: 5,
};

describe('globalIngress', () => {
  it('has one target a cluster, in order of name, with addresses in order', () => {
    const addresses = { [v1Id]: ['127.0.0.12', '127.0.0.11', '127.0.0.12'], [v2Id]: ['127.0.0.21'] };
    expect(globalIngress({ ...claim, allocation: allocationOf([{ ...v2, weight: 300 }, v1]), addresses })).toEqual({
      ...claim,
      targets: [
        { cluster: 'east', share: 2_500, addresses: ['127.0.0.11', '127.0.0.12'] },
        { cluster: 'west', share: 7_500, addresses: ['127.0.0.21'] },
      ],
    });
  });

  it('keeps a cluster without traffic that can be reached, and leaves out one that cannot', () => {
    const north = aBackend({ name: 'v3', cluster: 'north', weight: 0 });
    const allocation = allocationOf([v1, { ...v2, weight: 0 }, north]);
    const { targets } = globalIngress({ ...claim, allocation, addresses: { [v1Id]: ['::1'], [v2Id]: ['::2'] } });
    expect(targets).toEqual([
      { cluster: 'east', share: 10_000, addresses: ['::1'] },
      { cluster: 'west', share: 0, addresses: ['::2'] },
    ]);
  });

  it('never gives traffic to a cluster without addresses', () => {
    expect(() => globalIngress({ ...claim, allocation: allocationOf([v1]), addresses: {} })).toThrow(
      'shop.example.test: cluster east has share 10000 and no address',
    );
  });

  it('has no targets when nothing serves', () => {
    expect(globalIngress({ ...claim, allocation: NOTHING, addresses: {} }).targets).toEqual([]);
  });
});
