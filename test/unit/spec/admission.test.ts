import { describe, expect, it } from 'vitest';
import { admit } from '../../../src/spec/admission.ts';
import { parse } from '../../../src/spec/parse.ts';
import { aBackend, aDocument } from './documents.ts';

const environment = {
  clusters: [
    { name: 'west', labels: { region: 'us' } },
    { name: 'east', labels: { region: 'eu', size: 'big' } },
    { name: 'north', labels: {} },
  ],
  zones: ['example.test', 'shops.test'],
  regions: ['us', 'eu'],
};

function issuesOf(spec: Record<string, unknown>, here = environment) {
  const parsed = parse(aDocument(spec));
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return admit(parsed.value, here);
}

describe('admit', () => {
  it('admits a host in a served zone and registered clusters', () => {
    expect(issuesOf({ host: 'a.b.shops.test' })).toEqual([]);
  });

  it.each([
    ['wets', 'found "wets", which is not a registered cluster, did you mean "west"? allowed: east, north and west'],
    ['mars', 'found "mars", which is not a registered cluster; allowed: east, north and west'],
  ])('refuses the unknown cluster %s and names the known ones', (cluster, message) => {
    const backends = [aBackend(), aBackend({ name: 'v2', cluster })];
    expect(issuesOf({ backends })).toEqual([{ path: 'spec.backends[1].cluster', message }]);
  });

  it.each([
    [
      'shop.example.com',
      'found "shop.example.com", which is outside the zones served here; allowed: a hostname in example.test and shops.test',
    ],
    [
      'notexample.test',
      'found "notexample.test", which is outside the zones served here; allowed: a hostname in example.test and shops.test',
    ],
    [
      'example.test',
      'found "example.test", which is a zone itself; allowed: a hostname in the zone, such as "shop.example.test"',
    ],
  ])('refuses the host %s', (host, message) => {
    expect(issuesOf({ host })).toEqual([{ path: 'spec.host', message }]);
  });

  it('admits the regions of the DNS servers, and names them when another is asked for', () => {
    const geo = (...names: readonly string[]) => ({
      routing: { geo: { regions: names.map((name) => ({ name, clusters: ['east'] })) } },
    });
    expect(issuesOf(geo('us', 'eu'))).toEqual([]);
    expect(issuesOf(geo('us', 'mars'))).toEqual([
      {
        path: 'spec.routing.geo.regions[1].name',
        message: 'found "mars", which is not a region of the DNS servers; allowed: eu and us',
      },
    ]);
    expect(issuesOf(geo('us'), { ...environment, regions: [] }).map(({ message }) => message)).toEqual([
      'found "us", which is not a region of the DNS servers; allowed: none, the DNS servers have no regions',
    ]);
  });

  it('says when nothing is registered at all', () => {
    expect(issuesOf({}, { clusters: [], zones: [], regions: [] }).map(({ message }) => message)).toEqual([
      'found "shop.example.test", which is outside the zones served here; allowed: no zone is served here',
      'found "east", which is not a registered cluster; allowed: none, no cluster is registered',
    ]);
  });
});
