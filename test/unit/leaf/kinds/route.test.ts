import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../../../src/lib/kubernetes/objects.ts';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import {
  aBackend,
  aCondition,
  anIntent,
  anObject,
  aRoute,
  aService,
  aTarget,
  east,
  host,
  LEAVES,
  sentence,
  sharesOf,
  specOf,
  unrelated,
  verdict,
} from './builders.ts';

const kind = kindOf('Route');
const target = aTarget(LEAVES.route);
const routers = (...ingress: object[]) => anObject('Route', { spec: { host }, status: { ingress } });
const place = (status: string, overrides: object = {}) => ({
  host,
  routerName: 'default',
  routerCanonicalHostname: 'router.apps.example.net',
  conditions: [
    aCondition('Admitted', status, {
      reason: status === 'True' ? '' : 'HostAlreadyClaimed',
      message: 'route other/shop has it',
    }),
  ],
  ...overrides,
});

describe('readiness of a Route', () => {
  it.each([
    ['admitted', routers(place('True')), 'fine'],
    ['admitted by one of two routers', routers(place('False'), place('True')), 'fine'],
    [
      'admitted for another host only',
      routers(place('True', { host: 'old.example.test' })),
      'RouteNotObserved momentary',
    ],
    ['seen by no router', routers(), 'RouteNotObserved momentary'],
    ['seen by a router that has not decided', routers(place('Unknown')), 'RouteNotObserved momentary'],
    ['refused', routers(place('False')), 'RouteNotAdmitted'],
    [
      'admitted by a router that does not say where it is',
      routers(place('True', { routerCanonicalHostname: undefined })),
      'NoAddress momentary',
    ],
  ])('%s', (_name, route, expected) => {
    expect(verdict(kind.accepted(route, target, unrelated))).toBe(expected);
  });

  it('is told with router and reason', () => {
    expect(sentence(kind.accepted(routers(place('False')), target, unrelated))).toBe(
      'Route default/shop in cluster east is not admitted by router "default" for shop.example.test: HostAlreadyClaimed (route other/shop has it)',
    );
  });
});

describe('a Route', () => {
  it('is reached at the routers that admit it', () => {
    const other = place('True', { routerCanonicalHostname: 'inside.example.net' });
    const refused = place('False', { routerCanonicalHostname: 'no.example.net' });
    expect(kind.reach(routers(place('True'), other, refused), target, unrelated)).toEqual({
      addresses: [],
      hostnames: ['inside.example.net', 'router.apps.example.net'],
    });
  });

  it('is probed under the backend’s own name when it serves several', () => {
    const of = aBackend('v2');
    const { health } = target;
    const asked = { ...health, probe: { kind: 'http', path: '/', hostHeader: 'other.test', statuses: [] } } as const;
    expect(kind.probe(aTarget(LEAVES.route, { of })).hostHeader).toBe(host);
    expect(kind.probe(aTarget(LEAVES.route, { of, health: asked })).hostHeader).toBe('other.test');
    expect(kind.probe(aTarget(LEAVES.route, { of, health: asked, shared: true })).hostHeader).toBe(
      'v2.east.shop.example.test',
    );
  });
});

describe('the backends of a Route', () => {
  const ports = (...all: object[]) => aService({ ports: all });
  const found = (...services: AnyObject[]) => ({
    services: new Map(services.map((service, index) => [`shop-v${index + 1}`, service])),
  });
  const two = anIntent(LEAVES.route, { backends: sharesOf({ v1: 5_000, v2: 5_000 }) });
  const http = { name: 'http', port: 80, targetPort: 8080 };
  const admin = { name: 'admin', port: 81, targetPort: 8081 };

  it.each([
    ['the only ones: none', [ports({ port: 80 }), ports({ port: 80, targetPort: 'x' })], undefined],
    ['of the same name', [ports(http, admin), ports({ ...http, targetPort: 9090 }, admin)], { targetPort: 'http' }],
    ['of the same pod port', [ports({ ...http, name: 'web' }, admin), ports(http, admin)], { targetPort: 8080 }],
    ['of the same number', [ports({ port: 80 }, admin), ports({ port: 80 }, admin)], { targetPort: 80 }],
  ])('have ports %s', (_name, services, port) => {
    expect(specOf(kind.manifest(two, east, found(...services)))).toMatchObject({ host });
    expect(specOf(kind.manifest(two, east, found(...services)))).toHaveProperty('to.name', 'shop-v1');
    const spec = specOf(kind.manifest(two, east, found(...services)));
    if (port) expect(spec).toMatchObject({ port });
    else expect(spec).not.toHaveProperty('port');
  });

  it('keep their path', () => {
    const routed = anIntent(LEAVES.route, {
      backends: [{ backend: aBackend('v1', { routes: [aRoute('shop-v1', '/shop')] }), share: 1 }],
    });
    expect(specOf(kind.manifest(routed, east, found(ports(http))))).toHaveProperty('path', '/shop');
  });

  const five = anIntent(LEAVES.route, { backends: sharesOf({ v1: 1, v2: 1, v3: 1, v4: 1, v5: 1 }) });
  const at = (name: string, path: string, service: string) => ({
    backend: aBackend(name, { routes: [aRoute(service, path)] }),
    share: 1,
  });
  it.each([
    ['a Service that is not there', two, found(ports(http)), { reason: 'ServiceNotFound', retryable: true }],
    ['a Service without the port', two, found(ports(http), ports(admin)), { reason: 'PortNotFound', retryable: true }],
    [
      'ports that have nothing in common',
      two,
      found(ports(http, admin), ports({ ...http, name: 'web', targetPort: 1 }, admin)),
      { reason: 'PortsDiffer', retryable: true },
    ],
    [
      'five backends',
      five,
      found(...Array.from({ length: 5 }, () => ports(http))),
      { reason: 'TooManyBackends', retryable: false },
    ],
    [
      'one Service twice',
      anIntent(LEAVES.route, { backends: [at('v1', '/a', 'shop-v1'), at('v2', '/b', 'shop-v1')] }),
      found(ports(http)),
      { reason: 'SameService', retryable: false },
    ],
    [
      'two paths',
      anIntent(LEAVES.route, { backends: [at('v1', '/a', 'shop-v1'), at('v2', '/b', 'shop-v2')] }),
      found(ports(http), ports(http)),
      { reason: 'PathsDiffer', retryable: false },
    ],
  ])('are refused with %s', (_name, intent, services, refusal) => {
    expect(kind.manifest(intent, east, services)).toMatchObject({ kind: 'refused', ...refusal });
  });
});
