import type { Related } from '../../../../src/planes/leaf/kinds/kind.ts';
import { aCondition, anObject } from './builders.ts';

export const parentRef = {
  group: 'gateway.networking.k8s.io',
  kind: 'Gateway',
  namespace: 'gateways',
  name: 'public',
  sectionName: 'http',
};
export const good = [aCondition('Accepted'), aCondition('ResolvedRefs')];
export const anEntry = (conditions: readonly object[] = good, overrides: object = {}) => ({
  parentRef,
  conditions,
  ...overrides,
});
export const aRoute = (...parents: object[]) =>
  anObject('HTTPRoute', { spec: { parentRefs: [parentRef] }, status: { parents } });

export const listener = (overrides: object = {}) => ({
  name: 'http',
  attachedRoutes: 1,
  conditions: ['Accepted', 'Programmed', 'ResolvedRefs'].map((type) => aCondition(type)),
  ...overrides,
});
const served = {
  conditions: [aCondition('Accepted'), aCondition('Programmed')],
  addresses: [{ type: 'IPAddress', value: '203.0.113.7' }],
  listeners: [listener()],
};
export function aGateway(status: object = {}): Related {
  const content = { spec: { gatewayClassName: 'contour', listeners: [{ name: 'http' }, { name: 'other' }] } };
  const metadata = { namespace: 'gateways', name: 'public' };
  return {
    kind: 'object',
    sighting: {
      kind: 'object',
      object: anObject('Gateway', { ...content, status: { ...served, ...status } }, metadata),
    },
  };
}
export const old = { observedGeneration: 2 };
