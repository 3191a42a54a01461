import { expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { Backend } from '../../../src/spec/types.ts';
import type { Entity } from '../../../src/workflows/entity.ts';
import { reachOf } from '../../../src/workflows/reach.ts';

function aBackend(cluster: string): Backend {
  const routes = [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 80 } }] as const;
  return { name: cluster, cluster, namespace: 'default', routes, weight: 1 };
}

const [EAST, WEST] = [aBackend('east'), aBackend('west')];

function reached(fields: Partial<Entity>): unknown {
  const known = { addresses: { [backendId(EAST)]: ['192.0.2.1'] }, hostnames: {} };
  // Only what is published and where it is reached counts here.
  return reachOf({ published: { backends: [EAST], shares: {} }, ...known, ...fields } as unknown as Entity);
}

it('is another one when only the port is another one, so that planes that probe are told', () => {
  const port = (number: number) => reached({ ports: { [backendId(EAST)]: number } });
  expect(port(30_001)).not.toEqual(port(30_002));
  expect(port(30_001)).toMatchObject({ ports: { [backendId(EAST)]: 30_001 } });
});

it('has no ports when all are reached at that of their gateways, as before there were any', () => {
  expect(reached({})).toEqual({ addresses: { [backendId(EAST)]: ['192.0.2.1'] }, hostnames: {} });
  expect(reached({ ports: { [backendId(WEST)]: 30_001 } })).toEqual(reached({}));
});
