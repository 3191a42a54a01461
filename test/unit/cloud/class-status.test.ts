import { expect, it } from 'vitest';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { classStatus } from '../../../src/planes/cloud/class-status.ts';

const NOW = new Date('2026-11-21T17:00:00Z');

function aClass(generation: number, status: object = {}): AnyObject {
  const metadata = { name: 'sluice-aws', uid: 'u', resourceVersion: '1', generation };
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata, status: { ...status } };
}

it('accepts a class that nobody has accepted, or only as it was before', () => {
  const accepted = classStatus(aClass(1), NOW);
  expect(accepted).toMatchObject({ conditions: [{ type: 'Accepted', status: 'True', observedGeneration: 1 }] });
  expect(classStatus(aClass(2, accepted), NOW)).toMatchObject({ conditions: [{ observedGeneration: 2 }] });
});

it('says nothing twice', () => {
  expect(classStatus(aClass(1, classStatus(aClass(1), NOW)), NOW)).toBeUndefined();
});
