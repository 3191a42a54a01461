import { expect, it } from 'vitest';
import { trafficActivities } from '../../../src/activities/traffic.ts';
import type { InForce } from '../../../src/activities/types.ts';
import type { Counted } from '../../../src/plan/measured.ts';
import type { Observation, Plane } from '../../../src/planes/plane.ts';
import { anIngress } from '../dns/support.ts';
import { asActivity } from './activity-context.ts';

/** A plane whose instances follow after so many looks. */
function aPlane(instances: Readonly<Record<string, number>>, counted: Counted) {
  let looks = 0;
  const asked: string[] = [];
  const plane: Plane = {
    name: 'scripted',
    observe: async () => {
      looks += 1;
      asked.push('observe');
      return Object.entries(instances).map(([instance, after]): Observation => {
        const common = { instance, reason: 'OldRevision', message: 'is behind' };
        return looks > after ? { kind: 'inForce', instance } : { kind: 'pending', ...common };
      });
    },
    measure: async () => {
      asked.push('measure');
      return counted;
    },
    health: async () => [],
  };
  return { plane, asked };
}

it('a shift ends when every instance serves it, with what each of them had counted then and not before', async () => {
  const one = aPlane({ a: 0, b: 2 }, { 'a#1': { east: 5 } });
  const two = aPlane({ c: 1 }, { 'c#1': { west: 7 } });
  const put: unknown[] = [];
  const store = {
    claim: async () => ({ kind: 'claimed' }),
    put: async (state: unknown) => {
      put.push(state);
      return { kind: 'written' };
    },
  };
  const { shiftTraffic } = trafficActivities({
    store: store as never,
    planes: [one.plane, two.plane],
    report: async () => undefined,
  } as never);
  let inForce: InForce | undefined;
  const activity = asActivity({}, async () => {
    inForce = await shiftTraffic({ watch: 'one', globalIngress: anIngress() });
  });
  expect(await activity.ended).toBe('completed');
  expect(put).toEqual([anIngress()]);
  expect(inForce).toEqual({
    instances: ['a', 'b', 'c'],
    counted: { 'a#1': { east: 5 }, 'c#1': { west: 7 } },
  });
  expect(one.asked).toEqual(['observe', 'observe', 'observe', 'measure']);
});
