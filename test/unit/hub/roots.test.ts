import { describe, expect, it } from 'vitest';
import { desiredObjects } from '../../../src/hub/roots/desired.ts';
import { readHttpRoute, rootParents } from '../../../src/hub/roots/read-http-route.ts';
import { isIngressRoot, readIngress } from '../../../src/hub/roots/read-ingress.ts';
import { parseSelector } from '../../../src/hub/roots/selector.ts';
import { parse } from '../../../src/spec/parse.ts';
import { aFederatedIngress, anHttpRoute, anIngress, UID } from './objects.ts';

const path = (at: string, name = 'shop', port: object = { number: 80 }) => ({
  path: at,
  pathType: 'Prefix',
  backend: { service: { name, port } },
});
const rule = (host: string | undefined, ...paths: readonly object[]) => ({ host, http: { paths } });

describe('a cluster selector in text form', () => {
  it.each([
    ['', {}],
    ['region=eu', { matchLabels: { region: 'eu' } }],
    ['region==eu, a.b/c=d', { matchLabels: { region: 'eu', 'a.b/c': 'd' } }],
    ['env!=test', { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['test'] }] }],
    [
      'tier in (a, b),!gpu,fast',
      {
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['a', 'b'] },
          { key: 'gpu', operator: 'DoesNotExist' },
          { key: 'fast', operator: 'Exists' },
        ],
      },
    ],
    ['tier notin (c)', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['c'] }] }],
  ])('"%s" is read', (text, selector) => {
    expect(parseSelector(text)).toEqual(selector);
  });

  it.each(['region=', '=eu', 'a b', 'tier in ()', 'tier in (a', 'a=b=c'])(
    '"%s" is refused with what is allowed',
    (text) => {
      expect(parseSelector(text)).toMatch(/^found ".*"; allowed: requirements such as region=eu/);
    },
  );
});

describe('an Ingress of the hub', () => {
  it.each([
    ['has class sluice', { ingressClassName: 'sluice' }, {}, true],
    ['has the label', { ingressClassName: 'nginx' }, { labels: { 'sluice.dev/federate': 'true' } }, true],
    ['has another label', {}, { labels: { 'sluice.dev/federate': 'false' } }, false],
    ['is of another class', { ingressClassName: 'nginx' }, {}, false],
  ])('that %s is a root: %s %s %s', (_title, spec, metadata, isRoot) => {
    expect(isIngressRoot(anIngress(spec, metadata))).toBe(isRoot);
  });

  it('is a site for each hostname, with its paths and its certificate', () => {
    const ingress = anIngress({
      ingressClassName: 'sluice',
      tls: [{ hosts: ['a.example.test'], secretName: 'a-tls' }],
      rules: [
        rule('a.example.test', path('/')),
        rule('b.example.test', path('/b')),
        rule('a.example.test', path('/a')),
      ],
    });
    expect(readIngress(ingress)).toMatchObject({
      kind: 'sites',
      sites: [
        { host: 'a.example.test', secretName: 'a-tls', backends: [{ routes: [{ path: '/' }, { path: '/a' }] }] },
        { host: 'b.example.test', leaf: { kind: 'Ingress' }, backends: [{ routes: [{ path: '/b' }] }] },
      ],
    });
  });

  it.each([
    ['has no rules', {}, /no rules/],
    ['is for all hosts', { rules: [rule(undefined, path('/'))] }, /all hosts/],
    ['has a wildcard', { rules: [rule('*.example.test', path('/'))] }, /"\*\.example\.test"/],
    [
      'names a port',
      { rules: [rule('a.test', path('/', 'shop', { name: 'http' }))] },
      /Service shop; write its number/,
    ],
    ['has no paths', { rules: [rule('a.test')] }, /no paths/],
  ])('that %s is refused with a sentence', (_title, spec, message) => {
    expect(readIngress(anIngress(spec))).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
  });
});

describe('an HTTPRoute of the hub', () => {
  const parentRefs = [{ name: 'public', namespace: 'gateways' }];
  const backendRefs = [{ name: 'shop', port: 80 }];
  const classOf = (_namespace: string, name: string) => (name === 'public' ? 'sluice' : 'contour');

  it('is a root by a Gateway of class sluice, or by the label', () => {
    expect(rootParents(anHttpRoute({ parentRefs }), classOf)).toEqual(parentRefs);
    const others = [{ name: 'internal' }];
    expect(rootParents(anHttpRoute({ parentRefs: others }), classOf)).toEqual([]);
    const labels = { 'sluice.dev/federate': 'true' };
    expect(rootParents(anHttpRoute({ parentRefs: others }, { labels }), classOf)).toEqual(others);
  });

  it('goes to the Gateway of the same name, or to one of its own', () => {
    const spec = { hostnames: ['a.example.test'], rules: [{ backendRefs }] };
    const leaf = (metadata: object) => readHttpRoute(anHttpRoute(spec, metadata), parentRefs);
    expect(leaf({})).toMatchObject({
      sites: [{ leaf: { kind: 'HTTPRoute', gateway: { name: 'public', namespace: 'gateways' } } }],
    });
    expect(leaf({ annotations: { 'sluice.dev/leaf-class': 'contour' } })).toMatchObject({
      sites: [{ leaf: { kind: 'HTTPRoute', className: 'contour' } }],
    });
  });

  it('is one backend with a route for each match, or a backend for each weighted backendRef', () => {
    const matches = [{ path: { type: 'PathPrefix', value: '/a' } }, { path: { type: 'Exact', value: '/b' } }];
    const read = (rules: readonly object[]) => readHttpRoute(anHttpRoute({ hostnames: ['a.test'], rules }), parentRefs);
    expect(read([{ matches, backendRefs }, { backendRefs }])).toMatchObject({
      sites: [
        { backends: [{ name: 'web', routes: [{ path: '/a' }, { path: '/b', pathType: 'Exact' }, { path: '/' }] }] },
      ],
    });
    const weighted = [
      { name: 'v1', port: 80, weight: 9 },
      { name: 'v2', port: 80 },
    ];
    expect(read([{ backendRefs: weighted }])).toMatchObject({
      sites: [
        {
          backends: [
            { name: 'v1', weight: 9 },
            { name: 'v2', weight: 1 },
          ],
        },
      ],
    });
  });

  it.each([
    ['has no hostnames', { rules: [{ backendRefs }] }, /no hostnames/],
    ['has filters', { hostnames: ['a.test'], rules: [{ filters: [{}], backendRefs }] }, /filters/],
    [
      'matches by header',
      { hostnames: ['a.test'], rules: [{ matches: [{ headers: [{}] }], backendRefs }] },
      /than the path/,
    ],
    [
      'goes to another namespace',
      { hostnames: ['a.test'], rules: [{ backendRefs: [{ name: 's', port: 1, namespace: 'x' }] }] },
      /own namespace/,
    ],
    [
      'splits one of several rules',
      { hostnames: ['a.test'], rules: [{ backendRefs }, { backendRefs: [...backendRefs, ...backendRefs] }] },
      /several rules/,
    ],
  ])('that %s is refused with a sentence', (_title, spec, message) => {
    const read = readHttpRoute(anHttpRoute(spec), parentRefs);
    expect(read).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
  });
});

describe('what a root comes to', () => {
  const oneHost = { rules: [rule('a.example.test', path('/'))] };
  const twoHosts = { rules: [rule('a.example.test', path('/')), rule('b.example.test', path('/'))] };
  const named = (spec: object, metadata: object, made: readonly string[][] = []) => {
    const ingress = anIngress(spec, metadata);
    const before = made.map(([name = '', host = '']) => aFederatedIngress({ name }, { spec: { host } }));
    const desired = desiredObjects(ingress, readIngress(ingress), before);
    if (desired.kind === 'refused') throw new Error(desired.message);
    return desired.objects;
  };

  it('is a FederatedIngress of its name that parse accepts, placed by labels', () => {
    const annotations = {
      'sluice.dev/cluster-selector': 'region=eu',
      'sluice.dev/strategy': '{canary: {steps: [{setWeight: 10}]}}',
    };
    const [object] = named(oneHost, { annotations });
    expect(object).toMatchObject({
      metadata: {
        name: 'web',
        namespace: 'default',
        labels: { 'sluice.dev/root': UID },
        ownerReferences: [{ uid: UID }],
      },
      spec: { backends: [{ clusterSelector: { matchLabels: { region: 'eu' } } }], strategy: { canary: {} } },
    });
    expect(parse({ ...object, metadata: { name: 'web' } })).toMatchObject({ kind: 'valid' });
  });

  it('has names by hostname where there are several, all DNS labels', () => {
    const names = (spec: object, metadata: object) => named(spec, metadata).map((one) => one.metadata.name ?? '');
    expect(names(twoHosts, {})).toEqual(['web-a-example-test', 'web-b-example-test']);
    const [dotted = '', other = ''] = [...names(oneHost, { name: 'web.v1' }), ...names(oneHost, { name: 'web-v1' })];
    expect(dotted).toMatch(/^web-v1-[0-9a-f]{8}$/);
    expect(other).toBe('web-v1');
    const long = names(twoHosts, { name: 'w'.repeat(200) });
    expect(new Set(long).size).toBe(2);
    for (const name of long) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  it('leaves a hostname with the object that has it, since a new name would be a drain', () => {
    const objects = named(twoHosts, {}, [['web', 'a.example.test']]);
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['web', 'web-b-example-test']);
  });

  it.each([
    ['sluice.dev/cluster-selector', 'region='],
    ['sluice.dev/strategy', 'fast'],
    ['sluice.dev/strategy', '{'],
  ])('is refused when annotation %s is %s', (name, value) => {
    expect(() => named(oneHost, { annotations: { [name]: value } })).toThrow(`annotation ${name}: found "${value}"`);
  });
});
