import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import type { Related } from '../../../../src/planes/leaf/kinds/kind.ts';
import { aBackend, aCondition, anObject, aTarget, LEAVES, sentence, unrelated, verdict } from './builders.ts';
import { aGateway, anEntry, aRoute, good, listener, old, parentRef } from './http-route-objects.ts';

const kind = kindOf('HTTPRoute');
const target = aTarget(LEAVES.existing);

describe('readiness of an HTTPRoute', () => {
  const cases: readonly [string, ReturnType<typeof aRoute>, Related, string][] = [
    ['all is well', aRoute(anEntry()), aGateway(), 'fine'],
    [
      'the Gateway was not seen yet',
      aRoute(anEntry()),
      { kind: 'object', sighting: { kind: 'notAsked' } },
      'undecided',
    ],
    ['nothing is known of a Gateway', aRoute(anEntry()), unrelated, 'undecided'],
    [
      'the Gateway does not exist',
      aRoute(anEntry()),
      { kind: 'object', sighting: { kind: 'gone' } },
      'GatewayNotFound momentary',
    ],
    [
      'the Gateway has no status',
      aRoute(anEntry()),
      aGateway({ conditions: undefined }),
      'GatewayNotObserved momentary',
    ],
    [
      'the Gateway has the conditions that it is created with',
      aRoute(anEntry()),
      aGateway({
        conditions: [{ type: 'Accepted', status: 'Unknown', reason: 'Pending', message: 'Waiting for controller' }],
      }),
      'GatewayNotObserved momentary',
    ],
    [
      'the Gateway was changed since',
      aRoute(anEntry()),
      aGateway({ conditions: [aCondition('Accepted', 'True', old), aCondition('Programmed')] }),
      'GatewayNotObserved momentary',
    ],
    [
      'the Gateway is refused',
      aRoute(anEntry()),
      aGateway({ conditions: [aCondition('Accepted', 'False', { reason: 'Invalid' })] }),
      'GatewayNotAccepted',
    ],
    ['the route has no status', aRoute(), aGateway(), 'RouteNotObserved momentary'],
    [
      'another listener of the Gateway has it',
      aRoute(anEntry(good, { parentRef: { ...parentRef, sectionName: 'other' } })),
      aGateway(),
      'RouteNotObserved momentary',
    ],
    [
      'a Gateway of the same name in the namespace of the route has it',
      aRoute(anEntry(good, { parentRef: { ...parentRef, namespace: undefined } })),
      aGateway(),
      'RouteNotObserved momentary',
    ],
    [
      'the route was changed since',
      aRoute(anEntry([aCondition('Accepted', 'True', old), aCondition('ResolvedRefs', 'True', old)])),
      aGateway(),
      'RouteNotObserved momentary',
    ],
    [
      'a controller that served the Gateway once has left an entry behind',
      aRoute(anEntry([aCondition('Accepted', 'False', old)], { controllerName: 'old' }), anEntry()),
      aGateway(),
      'fine',
    ],
    [
      'the route is refused',
      aRoute(anEntry([aCondition('Accepted', 'False', { reason: 'NotAllowedByListeners' })])),
      aGateway(),
      'RouteNotAccepted',
    ],
    [
      'some rules were left out',
      aRoute(anEntry([...good, aCondition('PartiallyInvalid')])),
      aGateway(),
      'RoutePartiallyInvalid',
    ],
    [
      'a Service is missing',
      aRoute(anEntry([aCondition('Accepted'), aCondition('ResolvedRefs', 'False', { reason: 'BackendNotFound' })])),
      aGateway(),
      'RefsNotResolved',
    ],
    ['nothing was said of Services', aRoute(anEntry([aCondition('Accepted')])), aGateway(), 'RefsNotResolved'],
    [
      'the Gateway is not programmed',
      aRoute(anEntry()),
      aGateway({
        conditions: [aCondition('Accepted'), aCondition('Programmed', 'False', { reason: 'AddressNotAssigned' })],
      }),
      'GatewayNotProgrammed momentary',
    ],
    [
      'the Gateway is not programmed, and a listener says why',
      aRoute(anEntry()),
      aGateway({
        conditions: [aCondition('Accepted'), aCondition('Programmed', 'False')],
        listeners: [listener({ conditions: [aCondition('ResolvedRefs', 'False')] })],
      }),
      'ListenerNotReady momentary',
    ],
    ['the listener has no status', aRoute(anEntry()), aGateway({ listeners: [] }), 'ListenerNotReady momentary'],
    [
      'the listener has no routes',
      aRoute(anEntry()),
      aGateway({ listeners: [listener({ attachedRoutes: 0 })] }),
      'ListenerNotReady momentary',
    ],
    [
      'the listener is not programmed',
      aRoute(anEntry()),
      aGateway({ listeners: [listener({ conditions: [aCondition('Programmed', 'False')] })] }),
      'ListenerNotReady momentary',
    ],
    ['the Gateway has no address', aRoute(anEntry()), aGateway({ addresses: [] }), 'NoAddress momentary'],
  ];
  it.each(cases)('%s', (_name, route, related, expected) => {
    expect(verdict(kind.accepted(route, target, related))).toBe(expected);
  });

  it('counts the routes of all listeners where none is named', () => {
    const { sectionName: _, ...whole } = parentRef;
    const anywhere = aTarget({
      kind: 'HTTPRoute',
      gateway: { kind: 'existing', name: 'public', namespace: 'gateways' },
    });
    const route = aRoute(anEntry(good, { parentRef: whole }));
    const listeners = (...counts: number[]) =>
      counts.map((attachedRoutes) => listener({ name: `l${attachedRoutes}`, attachedRoutes }));
    expect(verdict(kind.accepted(route, anywhere, aGateway({ listeners: listeners(0, 1) })))).toBe('fine');
    expect(verdict(kind.accepted(route, anywhere, aGateway({ listeners: listeners(0) })))).toBe(
      'NoAttachedRoutes momentary',
    );
  });

  it('wants both listeners of an own Gateway when the hostname is served over TLS', () => {
    const own = aTarget(LEAVES.own, { tls: { secretName: 'shop-tls' } });
    const route = anObject('HTTPRoute', { status: { parents: [anEntry(good, { parentRef: { name: 'shop' } })] } });
    const https = listener({ name: 'https' });
    const bad = { ...https, conditions: [aCondition('ResolvedRefs', 'False', { reason: 'InvalidCertificateRef' })] };
    expect(verdict(kind.accepted(route, own, aGateway({ listeners: [listener(), https] })))).toBe('fine');
    expect(verdict(kind.accepted(route, own, aGateway()))).toBe('ListenerNotReady momentary');
    expect(sentence(kind.accepted(route, own, aGateway({ listeners: [listener(), bad] })))).toContain(
      'has a listener "https" with ResolvedRefs False: its controller says InvalidCertificateRef',
    );
  });

  it('does not blame a backend for the missing Service of another in the same route', () => {
    const missing = (name: string) => {
      const message = `service "default/${name}" not found`;
      return aRoute(anEntry([aCondition('Accepted'), aCondition('ResolvedRefs', 'False', { message })]));
    };
    const shared = aTarget(LEAVES.existing, { shared: true });
    expect(verdict(kind.accepted(missing('shop-v2'), shared, aGateway()))).toBe('fine');
    expect(verdict(kind.accepted(missing('shop-v1'), shared, aGateway()))).toBe('RefsNotResolved');
    expect(verdict(kind.accepted(missing('shop-v2'), target, aGateway()))).toBe('RefsNotResolved');
  });

  it('is told in sentences that name object, cluster, what was found and what is wanted', () => {
    const refusal = aCondition('Accepted', 'False', { reason: 'NotAllowedByListeners', message: 'No listeners match' });
    const stale = aRoute(anEntry([aCondition('Accepted', 'True', old)]));
    const sentences = [
      kind.accepted(aRoute(anEntry([refusal])), target, aGateway()),
      kind.accepted(stale, target, aGateway()),
      kind.accepted(aRoute(), target, aGateway()),
      kind.accepted(aRoute(), target, { kind: 'object', sighting: { kind: 'gone' } }),
      kind.accepted(aRoute(anEntry()), target, aGateway({ conditions: [] })),
      kind.accepted(aRoute(anEntry()), target, aGateway({ listeners: [listener({ attachedRoutes: 0 })] })),
      kind.accepted(
        aRoute(anEntry()),
        aTarget({ ...LEAVES.existing, gateway: { ...LEAVES.existing.gateway, sectionName: 'tls' } }),
        aGateway(),
      ),
    ].map(sentence);
    expect(sentences).toEqual([
      'HTTPRoute default/shop in cluster east is not accepted by Gateway gateways/public: its controller says NotAllowedByListeners (No listeners match)',
      'HTTPRoute default/shop in cluster east waits for the controller of Gateway gateways/public: generation 3 is wanted, 2 is in its status',
      'HTTPRoute default/shop in cluster east waits for the controller of Gateway gateways/public: its status has no entry for that parent yet',
      'Gateway gateways/public in cluster east, to which HTTPRoute default/shop is attached, does not exist',
      'Gateway gateways/public in cluster east waits for the controller of class "contour": generation 3 is wanted, none is in its status',
      'Gateway gateways/public in cluster east has no attached routes on its listener "http"',
      'HTTPRoute default/shop in cluster east waits for the controller of Gateway gateways/public: its status has no entry for that parent yet',
    ]);
  });
});

describe('an HTTPRoute', () => {
  it('is reached at the addresses of its Gateway', () => {
    const addresses = [
      { type: 'Hostname', value: 'lb.example.net' },
      { value: '203.0.113.7' },
      { type: 'IPAddress', value: '2001:db8::7' },
      { type: 'NamedAddress', value: 'reserved-one' },
    ];
    expect(kind.reach(aRoute(), target, aGateway({ addresses }))).toEqual({
      addresses: ['2001:db8::7', '203.0.113.7'],
      hostnames: ['lb.example.net'],
    });
    expect(kind.reach(aRoute(), target, unrelated)).toEqual({ addresses: [], hostnames: [] });
  });

  it.each([
    ['that is there', LEAVES.existing, 'gateways', 'public'],
    [
      'in its own namespace',
      { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'public' } } as const,
      'default',
      'public',
    ],
    ['of its own', LEAVES.own, 'default', 'shop'],
  ])('is attached to a Gateway %s', (_name, leaf, namespace, name) => {
    expect(kind.related(aTarget(leaf))).toMatchObject({
      kind: 'object',
      ref: { resource: { kind: 'Gateway' }, namespace, name },
    });
  });

  it('is observed once all parents have taken up its generation, whatever they think of it', () => {
    const refused = anEntry([aCondition('Accepted', 'False')]);
    expect(verdict(kind.observed(aRoute(refused), target.ref))).toBe('fine');
    expect(verdict(kind.observed(aRoute(), target.ref))).toBe('RouteNotObserved momentary');
    expect(verdict(kind.observed(aRoute(anEntry([aCondition('Accepted', 'True', old)])), target.ref))).toBe(
      'RouteNotObserved momentary',
    );
  });

  it('is probed with the name of the backend when it serves several', () => {
    const of = aBackend('v2');
    expect(kind.probe(aTarget(LEAVES.existing, { of }))).toEqual({ hostHeader: 'shop.example.test', headers: {} });
    expect(kind.probe(aTarget(LEAVES.existing, { of, shared: true }))).toEqual({
      hostHeader: 'shop.example.test',
      headers: { 'Sluice-Backend': 'v2' },
    });
  });
});
