import { describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { Route } from '../../../src/spec/types.ts';
import { aBackend } from './builders.ts';

const root: Route = { path: '/', pathType: 'Prefix', service: { name: 'shop-v2', port: 80 } };
const api: Route = { path: '/api', pathType: 'Prefix', service: { name: 'api-v2', port: 8080 } };
const exact: Route = { ...api, pathType: 'Exact' };

describe('backendId', () => {
  it('is short for one service behind everything', () => {
    expect(backendId(aBackend({ routes: [root] }))).toBe('east/default/shop-v2:80');
  });

  it('lists other routes, the longest path first', () => {
    const id = 'east/default/[Exact /api api-v2:8080, Prefix /api api-v2:8080, Prefix / shop-v2:80]';
    expect(backendId(aBackend({ routes: [root, api, exact] }))).toBe(id);
    expect(backendId(aBackend({ routes: [exact, root, api] }))).toBe(id);
  });

  it('does not take one exact route for everything', () => {
    expect(backendId(aBackend({ routes: [{ ...root, pathType: 'Exact' }] }))).toBe('east/default/[Exact / shop-v2:80]');
  });

  it('is the same under another name and weight', () => {
    expect(backendId(aBackend({ name: 'other', weight: 7 }))).toBe(backendId(aBackend()));
  });

  it.each([{ cluster: 'west' }, { namespace: 'apps' }, { service: 'shop-v2' }])('is another one with %j', (change) => {
    expect(backendId(aBackend(change))).not.toBe(backendId(aBackend()));
  });
});
