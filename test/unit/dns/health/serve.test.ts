import { describe, expect, it } from 'vitest';
import type { GlobalIngress } from '../../../../src/plan/global-ingress.ts';
import { serveTargets } from '../../../../src/planes/dns/health/serve.ts';
import type { TargetHealth } from '../../../../src/planes/dns/served.ts';
import { aCheck, aState, aTarget } from './builders.ts';

type Healths = Readonly<Record<string, TargetHealth['kind']>>;

const KIND_OF: Readonly<Record<string, TargetHealth['kind']>> = { '+': 'up', '-': 'down', '?': 'unknown' };
const notProbed = { kind: 'unknown', since: 0, message: 'not probed' } as const;

function serve(state: GlobalIngress, healths: Healths) {
  return serveTargets(state, {
    addressesOf: (target) => target.addresses,
    healthOf: (_cluster, address) => ({ kind: healths[address] ?? 'unknown', since: 1, message: address }),
    notProbed,
  });
}

/** Addresses of east, west and so on, and what they are: `10.0.0.1+ 10.0.0.2-`. */
function read(text: string): { readonly addresses: readonly string[]; readonly healths: Healths } {
  const words = text === '' ? [] : text.split(' ');
  const pairs = words.map((word) => [word.slice(0, -1), KIND_OF[word.slice(-1)] ?? 'unknown'] as const);
  return { addresses: pairs.map(([address]) => address), healths: Object.fromEntries(pairs) };
}

describe('the addresses of a cluster', () => {
  it.each([
    ['all that are up', '10.0.0.1+ 10.0.0.2+', '10.0.0.1 10.0.0.2', 'up'],
    ['not those that are down', '10.0.0.1+ 10.0.0.2-', '10.0.0.1', 'up'],
    ['those of which nothing is known', '10.0.0.1? 10.0.0.2-', '10.0.0.1', 'unknown'],
    ['all of them when all are down', '10.0.0.1- 10.0.0.2-', '10.0.0.1 10.0.0.2', 'down'],
    ['both families', '10.0.0.1+ 2001:db8::1+', '10.0.0.1 2001:db8::1', 'up'],
    [
      'a family whose only address is down, when no other cluster has it',
      '10.0.0.1- 2001:db8::1+',
      '10.0.0.1 2001:db8::1',
      'up',
    ],
    ['none when there is none', '', '', 'unknown'],
  ])('are answered: %s', (_name, text, expected, kind) => {
    const { addresses, healths } = read(text);
    const { targets } = serve(aState([aTarget('east', 10_000, addresses)]), healths);
    expect(targets).toMatchObject([{ cluster: 'east', health: { kind } }]);
    expect(targets[0]?.addresses.join(' ')).toBe(expected);
  });

  it('are not kept for their family when another cluster has it', () => {
    const state = aState([aTarget('east', 5_000, ['10.0.0.1', '2001:db8::1']), aTarget('west', 5_000, ['10.0.0.2'])]);
    const { targets } = serve(state, { '10.0.0.1': 'down', '2001:db8::1': 'up', '10.0.0.2': 'up' });
    expect(targets.map(({ addresses }) => addresses)).toEqual([['2001:db8::1'], ['10.0.0.2']]);
  });

  it('are up since the first was, and down since the last went', () => {
    const state = aState([aTarget('east', 10_000, ['10.0.0.1', '10.0.0.2'])]);
    const at = (kind: TargetHealth['kind']) =>
      serveTargets(state, {
        addressesOf: (target) => target.addresses,
        healthOf: (_, address) => ({ kind, since: Number(address.slice(-1)), message: `${address} said so` }),
        notProbed,
      }).targets[0]?.health;
    expect(at('up')).toEqual({ kind: 'up', since: 1, message: '10.0.0.1 said so' });
    expect(at('down')).toEqual({ kind: 'down', since: 2, message: '10.0.0.2 said so' });
  });

  it('are all served when nothing is to be probed', () => {
    const state = aState([aTarget('east', 10_000, ['10.0.0.1'])], { health: null });
    expect(serve(state, { '10.0.0.1': 'down' })).toEqual({
      targets: [{ cluster: 'east', addresses: ['10.0.0.1'], health: notProbed }],
      failsOpen: false,
    });
  });
});

describe('failing open', () => {
  const failover = { routing: { kind: 'failover', clusters: ['a', 'b', 'c'] } } as const;
  const percent = (failOpenPercent: number) => ({ health: aCheck({ failOpenPercent }) });

  it.each<[string, readonly [number, string][], Partial<GlobalIngress>, boolean]>([
    [
      'not while all are up',
      [
        [5_000, '+'],
        [5_000, '+'],
      ],
      {},
      false,
    ],
    [
      'not while all are unknown',
      [
        [5_000, '?'],
        [5_000, '?'],
      ],
      {},
      false,
    ],
    [
      'not when exactly half would go',
      [
        [5_000, '-'],
        [5_000, '+'],
      ],
      {},
      false,
    ],
    [
      'when more than half would go',
      [
        [5_001, '-'],
        [4_999, '+'],
      ],
      {},
      true,
    ],
    [
      'when two small ones are too much together',
      [
        [3_000, '-'],
        [3_000, '-'],
        [4_000, '+'],
      ],
      {},
      true,
    ],
    [
      'when the part that may go is set lower',
      [
        [2_000, '-'],
        [8_000, '+'],
      ],
      percent(10),
      true,
    ],
    [
      'when nothing may go',
      [
        [1, '-'],
        [9_999, '+'],
      ],
      percent(0),
      true,
    ],
    [
      'not when all but one may go',
      [
        [9_999, '-'],
        [1, '?'],
      ],
      percent(100),
      false,
    ],
    [
      'when all with share are down, though all may go',
      [
        [10_000, '-'],
        [0, '+'],
      ],
      percent(100),
      true,
    ],
    [
      'not for a cluster without share',
      [
        [10_000, '+'],
        [0, '-'],
      ],
      percent(0),
      false,
    ],
    [
      'not when there is no share at all',
      [
        [0, '-'],
        [0, '-'],
      ],
      {},
      false,
    ],
    [
      'not in a failover with one left',
      [
        [9_000, '-'],
        [900, '-'],
        [100, '+'],
      ],
      failover,
      false,
    ],
    [
      'in a failover with none left',
      [
        [9_000, '-'],
        [900, '-'],
        [100, '-'],
      ],
      failover,
      true,
    ],
  ])('%s', (_name, clusters, overrides, expected) => {
    const targets = clusters.map(([share], index) => aTarget('abc'.charAt(index), share, [`10.0.0.${index}`]));
    const healths = clusters.map(([, kind], index) => [`10.0.0.${index}`, KIND_OF[kind] ?? 'unknown'] as const);
    const served = serve(aState(targets, overrides), Object.fromEntries(healths));
    expect(served.failsOpen).toBe(expected);
    // Never an empty answer: what is down keeps its addresses, for the day when all is.
    expect(served.targets.map(({ addresses }) => addresses.length)).toEqual(targets.map(() => 1));
  });
});
