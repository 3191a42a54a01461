import { describe, expect, it } from 'vitest';
import { HTTP_ROUTE_KIND } from '../../../../src/planes/leaf/kinds/http-route.ts';
import { excessOf, type HttpRule, httpRouteRules } from '../../../../src/planes/leaf/kinds/http-route-rules.ts';
import type { LeafIntent } from '../../../../src/planes/leaf/leaf.ts';
import type { Backend } from '../../../../src/spec/types.ts';
import { aBackend, anIntent, aRoute, east, LEAVES, sharesOf } from './builders.ts';

type Backends = LeafIntent['backends'];

/** `Exact /a, PathPrefix /b -> v1:80=9000 v2:80=1000`, with ` [v1]` where the header has to be there. */
function lines(rules: readonly HttpRule[]): readonly string[] {
  return rules.map(({ matches, backendRefs }) => {
    const paths = matches.map(({ path, headers = [] }) => {
      return [`${path.type} ${path.value}`, ...headers.map(({ value }) => `[${value}]`)].join(' ');
    });
    return `${paths.join(', ')} -> ${backendRefs.map(({ name, port, weight }) => `${name}:${port}=${weight}`).join(' ')}`;
  });
}

const serves = (name: string, routes: Backend['routes'], share: number) => ({
  backend: aBackend(name, { routes }),
  share,
});
const plain = (backends: Backends) => lines(httpRouteRules(backends)).filter((line) => !line.includes('['));

describe('the rules of an HTTPRoute', () => {
  const cases: readonly [string, Backends, readonly string[]][] = [
    ['one backend: its share is no concern of the rule', sharesOf({ v1: 3_000 }), ['PathPrefix / -> shop-v1:80=1']],
    ['two: by their shares', sharesOf({ v1: 4_500, v2: 500 }), ['PathPrefix / -> shop-v1:80=4500 shop-v2:80=500']],
    ['in order of name', sharesOf({ v2: 500, v1: 4_500 }), ['PathPrefix / -> shop-v1:80=4500 shop-v2:80=500']],
    ['one without traffic', sharesOf({ v1: 5_000, v2: 0 }), ['PathPrefix / -> shop-v1:80=5000 shop-v2:80=0']],
    [
      'no traffic yet: as the spec weighs them',
      sharesOf({ v1: 0, v2: 0 }),
      ['PathPrefix / -> shop-v1:80=1 shop-v2:80=1'],
    ],
    [
      'no traffic yet, and weights',
      [
        { backend: aBackend('v1', { weight: 90 }), share: 0 },
        { backend: aBackend('v2', { weight: 10 }), share: 0 },
      ],
      ['PathPrefix / -> shop-v1:80=90 shop-v2:80=10'],
    ],
    [
      'no traffic and no weight: evenly',
      ['v1', 'v2'].map((name) => ({ backend: aBackend(name, { weight: 0 }), share: 0 })),
      ['PathPrefix / -> shop-v1:80=1 shop-v2:80=1'],
    ],
    [
      'each backend gives what it would serve alone under a path of the other',
      [serves('v1', [aRoute('v1'), aRoute('api-v1', '/api')], 9), serves('v2', [aRoute('v2')], 1)],
      ['PathPrefix /api -> api-v1:80=9 v2:80=1', 'PathPrefix / -> v1:80=9 v2:80=1'],
    ],
    [
      'an exact path under a prefix of the other',
      [serves('v1', [aRoute('v1', '/a')], 9), serves('v2', [aRoute('v2', '/a/b', 'Exact')], 1)],
      ['Exact /a/b -> v1:80=9 v2:80=1', 'PathPrefix /a -> v1:80=1'],
    ],
    [
      'prefixes go by path elements: /ab is not under /a',
      [serves('v1', [aRoute('v1', '/a')], 9), serves('v2', [aRoute('v2', '/ab')], 1)],
      ['PathPrefix /ab -> v2:80=1', 'PathPrefix /a -> v1:80=1'],
    ],
    [
      'a path that only a backend without traffic has is not served yet',
      [serves('v1', [aRoute('v1', '/a')], 9), serves('v2', [aRoute('v2', '/a'), aRoute('v2', '/b')], 0)],
      ['PathPrefix /a -> v1:80=9 v2:80=0'],
    ],
    [
      'a Service of both is listed once, with the sum',
      [
        serves('v1', [aRoute('v1'), aRoute('static', '/static')], 9),
        serves('v2', [aRoute('v2'), aRoute('static', '/static')], 1),
      ],
      ['PathPrefix /static -> static:80=1', 'PathPrefix / -> v1:80=9 v2:80=1'],
    ],
    [
      'a slash at the end of a prefix is no difference, and ImplementationSpecific is a prefix',
      [serves('v1', [aRoute('v1', '/a/')], 9), serves('v2', [aRoute('v2', '/a', 'ImplementationSpecific')], 1)],
      ['PathPrefix /a -> v1:80=9 v2:80=1'],
    ],
    [
      'paths to the same Services share a rule',
      [serves('v1', [aRoute('v1', '/a'), aRoute('v1', '/b'), aRoute('api', '/c')], 1)],
      ['PathPrefix /a, PathPrefix /b -> v1:80=1', 'PathPrefix /c -> api:80=1'],
    ],
  ];
  it.each(cases)('%s', (_name, backends, expected) => {
    expect(plain(backends)).toEqual(expected);
  });

  it('lead to each of several backends by a header, on every path that it covers, also without traffic', () => {
    const backends = [serves('v1', [aRoute('v1'), aRoute('api-v1', '/api')], 9), serves('v2', [aRoute('v2')], 0)];
    expect(lines(httpRouteRules(backends)).filter((line) => line.includes('['))).toEqual([
      'PathPrefix /api [v1] -> api-v1:80=1',
      'PathPrefix / [v1] -> v1:80=1',
      'PathPrefix /api [v2], PathPrefix / [v2] -> v2:80=1',
    ]);
    expect(
      httpRouteRules(sharesOf({ v1: 1 })).flatMap(({ matches }) => matches.flatMap(({ headers }) => headers ?? [])),
    ).toEqual([]);
  });
});

describe('the limits of an HTTPRoute', () => {
  const routes = (count: number, service: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => aRoute(service(index), `/p${index}`));

  it.each([
    ['16 rules', routes(16, (index) => `s${index}`), undefined],
    ['17 rules', routes(17, (index) => `s${index}`), '17 rules, and at most 16 are allowed'],
    ['128 paths to one Service, in two rules', routes(128, () => 's'), undefined],
    ['129 paths', routes(129, () => 's'), '129 matches in all, and at most 128 are allowed'],
  ])('%s', (_name, all, excess) => {
    expect(excessOf(httpRouteRules([serves('v1', all, 1)]))).toBe(excess);
  });

  it('are told with the name of the leaf and what to do', () => {
    const backends = [
      serves(
        'v1',
        routes(17, (index) => `s${index}`),
        1,
      ),
    ];
    expect(HTTP_ROUTE_KIND.manifest(anIntent(LEAVES.existing, { backends }), east, {})).toEqual({
      kind: 'refused',
      reason: 'TooManyRules',
      message:
        'HTTPRoute default/shop in cluster east would have 17 rules, and at most 16 are allowed in an HTTPRoute: give its backends fewer routes, or split them over several FederatedIngresses',
      retryable: false,
    });
  });

  it('count the Services of a rule', () => {
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`v${index}`, 1]));
    expect(httpRouteRules(sharesOf(many))[0]?.backendRefs).toHaveLength(17);
    expect(excessOf(httpRouteRules(sharesOf(many)).slice(0, 1))).toBe(
      '17 Services in one rule, and at most 16 are allowed',
    );
  });
});
