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

/** Shifts with these planes, and gives what the shift ended with. */
async function shifted(
  planes: readonly Plane[],
  put: (state: unknown) => void = () => undefined,
): Promise<InForce | undefined> {
  const store = {
    claim: async () => ({ kind: 'claimed' }),
    put: async (state: unknown) => {
      put(state);
      return { kind: 'written' };
    },
  };
  const { shiftTraffic } = trafficActivities({ store, planes, report: async () => undefined } as never);
  const inForce = Promise.withResolvers<InForce | undefined>();
  const activity = asActivity({}, async () => {
    inForce.resolve(await shiftTraffic({ watch: 'one', globalIngress: anIngress(), counted: true }));
  });
  expect(await activity.ended).toBe('completed');
  return inForce.promise;
}

it('a shift says of an instance that could not be asked that it is believed', async () => {
  const { plane } = aPlane({}, {});
  const observe = async (): Promise<readonly Observation[]> => [
    { kind: 'inForce', instance: 'asked' },
    { kind: 'inForce', instance: 'believed', by: 'report' },
  ];
  const inForce = await shifted([{ ...plane, observe }]);
  expect(inForce?.instances).toEqual(['asked', 'believed (by its own report)']);
});

it('a shift ends when every instance serves it, with what each of them had counted then and not before', async () => {
  const one = aPlane({ a: 0, b: 2 }, { 'a#1': { east: 5 } });
  const two = aPlane({ c: 1 }, { 'c#1': { west: 7 } });
  const put: unknown[] = [];
  const inForce = await shifted([one.plane, two.plane], (state) => put.push(state));
  expect(put).toEqual([anIngress()]);
  expect(inForce).toEqual({
    instances: ['a', 'b', 'c'],
    counted: { 'a#1': { east: 5 }, 'c#1': { west: 7 } },
  });
  expect(one.asked).toEqual(['observe', 'observe', 'observe', 'measure']);
});
