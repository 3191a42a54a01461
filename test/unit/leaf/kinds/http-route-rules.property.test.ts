import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HttpRule, httpRouteRules } from '../../../../src/planes/leaf/kinds/http-route-rules.ts';
import type { LeafIntent } from '../../../../src/planes/leaf/leaf.ts';
import type { Backend } from '../../../../src/spec/types.ts';
import { aBackend } from './builders.ts';

type Backends = LeafIntent['backends'];

describe('whatever the backends and shares', () => {
  const paths = ['/', '/a', '/a/', '/a/b', '/ab', '/a/b/c', '/c'];
  const aPath = fc.record({
    path: fc.constantFrom(...paths),
    pathType: fc.constantFrom('Prefix' as const, 'Exact' as const, 'ImplementationSpecific' as const),
    service: fc.record({ name: fc.constantFrom('one', 'two', 'three', 'four', 'five'), port: fc.constantFrom(80, 81) }),
  });
  const backends = fc
    .array(
      fc.record({ routes: fc.array(aPath, { minLength: 1, maxLength: 4 }), share: fc.nat(5_000), weight: fc.nat(3) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((all) => all.map(({ share, ...rest }, index) => ({ backend: aBackend(`v${index}`, rest), share })));

  it('a request gets to the Service that a drawn backend would serve alone, each in proportion to its share', () => {
    fc.assert(
      fc.property(backends, fc.constantFrom(...paths, '/a/b/x', '/zz', '/abc'), (all, request) => {
        expect(relative(answer(httpRouteRules(all), request))).toEqual(relative(meant(all, request)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('nobody without traffic gets any while another has some, but by the header', () => {
    fc.assert(
      fc.property(backends, (all) => {
        if (all.every(({ share }) => share === 0)) return;
        const services = all.filter(({ share }) => share > 0).flatMap(({ backend }) => backend.routes.map(serviceOf));
        for (const { matches, backendRefs } of httpRouteRules(all)) {
          if (matches.some(({ headers }) => headers)) continue;
          const fed = backendRefs.filter(({ weight }) => weight > 0).map(({ name, port }) => `${name}:${port}`);
          expect(fed).not.toEqual([]);
          expect(fed.filter((service) => !services.includes(service))).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('the header leads to that backend alone', () => {
    fc.assert(
      fc.property(backends, fc.constantFrom(...paths), fc.nat(3), (all, request, index) => {
        const chosen = all[index];
        if (all.length < 2 || !chosen) return;
        const own = best(chosen.backend, request);
        if (own === undefined) return;
        expect(relative(answer(httpRouteRules(all), request, chosen.backend.name))).toEqual({ [own]: 1 });
      }),
    );
  });
});

/** What a gateway does: exact paths first, then the longest prefix, then the match with more headers (HTTPRouteRule). */
function answer(rules: readonly HttpRule[], request: string, backend?: string): Record<string, number> {
  const matches = rules.flatMap((rule) => rule.matches.map((match) => ({ ...match, refs: rule.backendRefs })));
  const [first] = matches
    .filter(({ path }) => isUnder(path.type === 'Exact', path.value, request))
    .filter(({ headers = [] }) => headers.every(({ value }) => value === backend))
    .sort((left, right) => {
      const rank = ({ path, headers = [] }: typeof left) =>
        (path.type === 'Exact' ? 1e6 : 0) + path.value.length * 10 + headers.length;
      return rank(right) - rank(left);
    });
  return Object.fromEntries((first?.refs ?? []).map(({ name, port, weight }) => [`${name}:${port}`, weight]));
}

/** Straight from the meaning: draw a backend by its share, and look up its own longest route. */
function meant(all: Backends, request: string): Record<string, number> {
  const hasShares = all.some(({ share }) => share > 0);
  const hasWeights = all.some(({ backend }) => backend.weight > 0);
  const sums: Record<string, number> = {};
  for (const { backend, share } of all) {
    const service = best(backend, request);
    if (service === undefined) continue;
    sums[service] = (sums[service] ?? 0) + (hasShares ? share : hasWeights ? backend.weight : 1);
  }
  return sums;
}

function best({ routes }: Backend, request: string): string | undefined {
  const exact = routes.find(({ path, pathType }) => pathType === 'Exact' && path === request);
  if (exact) return serviceOf(exact);
  const prefixes = routes.filter(
    ({ path, pathType }) => pathType !== 'Exact' && isUnder(false, trimmed(path), request),
  );
  const [longest] = prefixes.sort((left, right) => trimmed(right.path).length - trimmed(left.path).length);
  return longest && serviceOf(longest);
}

function isUnder(isExact: boolean, path: string, request: string): boolean {
  if (isExact) return path === request;
  return path === '/' || request === path || request.startsWith(`${path}/`);
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function serviceOf({ service }: Backend['routes'][number]): string {
  return `${service.name}:${service.port}`;
}

/** Parts of the sum, without those that get nothing. */
function relative(weights: Record<string, number>): Record<string, number> {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const parts = Object.entries(weights).filter(([, weight]) => weight > 0);
  return Object.fromEntries(parts.map(([service, weight]) => [service, weight / total]));
}
