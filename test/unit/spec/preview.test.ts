import { describe, expect, it } from 'vitest';
import { place } from '../../../src/plan/placement.ts';
import { admit } from '../../../src/spec/admission.ts';
import { parse } from '../../../src/spec/parse.ts';
import { aBackend, aDocument, aSelector } from './documents.ts';

const parsed = (spec: Record<string, unknown>) => parse(aDocument(spec));

function issuesOf(spec: Record<string, unknown>) {
  const result = parsed(spec);
  return result.kind === 'invalid' ? result.issues : [];
}

describe('spec.preview', () => {
  it.each([
    [{}, 'preview.shop.example.test'],
    [{ host: 'new.tests.example.test' }, 'new.tests.example.test'],
    // `shop` is no cluster, and neither is `eastern`.
    [{ host: 'shop.shop.example.test' }, 'shop.shop.example.test'],
    [{ host: 'eastern.shop.example.test' }, 'eastern.shop.example.test'],
  ])('%j is %s', (preview, host) => {
    expect(parsed({ preview })).toMatchObject({ kind: 'valid', value: { preview: { host } } });
  });

  it('is not there without it', () => {
    expect(parsed({})).not.toHaveProperty('value.preview');
  });

  it.each([
    [
      'the host',
      { preview: { host: 'shop.example.test' } },
      'found "shop.example.test", which is spec.host; write another hostname, such as "preview.shop.example.test", or leave it out for that one',
    ],
    ['a URL', { preview: { host: 'http://x.example.test' } }, expect.stringContaining('this is a URL')],
    [
      'the name of a cluster',
      { preview: { host: 'east.shop.example.test' } },
      'found "east.shop.example.test", but "east.shop.example.test" leads to cluster "east"; write a hostname that does not begin with the name of a cluster',
    ],
    [
      'a name below that of a cluster, where Routes have one for each backend',
      { preview: { host: 'v1.east.shop.example.test' } },
      expect.stringContaining('leads to cluster "east"'),
    ],
    [
      'the name of a cluster by default',
      { preview: {}, backends: [aBackend({ cluster: 'preview' })] },
      expect.stringContaining('leads to cluster "preview"'),
    ],
    [
      'no name, and one would be too long',
      { preview: {}, host: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(52)}.test` },
      expect.stringContaining('write a hostname of at most 253'),
    ],
  ])('cannot be %s', (_what, spec, message) => {
    expect(issuesOf(spec)).toEqual([{ path: 'spec.preview.host', message }]);
  });

  it('cannot go with a backend whose Route has the name of its own', () => {
    const spec = { leaf: { kind: 'Route' }, backends: [aBackend({ name: 'preview' })] };
    expect(issuesOf(spec)).toEqual([]);
    expect(issuesOf({ ...spec, preview: {} })).toMatchObject([{ path: 'spec.backends[0].name' }]);
  });
});

describe('a preview host is admitted', () => {
  const zones = ['example.test'];
  const clusters = [
    { name: 'east', labels: { region: 'eu' } },
    { name: 'preview', labels: {} },
  ];

  function admitted(spec: Record<string, unknown>) {
    const result = parsed(spec);
    if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues));
    return admit(place(result.value, clusters, []), { clusters, zones, regions: [] });
  }

  it('in a served zone only', () => {
    expect(admitted({ preview: { host: 'new.example.test' } })).toEqual([]);
    expect(admitted({ preview: { host: 'shop.example.com' } })).toMatchObject([
      { path: 'spec.preview.host', message: expect.stringContaining('outside the zones served here') },
    ]);
  });

  it('when it has the name of a cluster that is not its backends’, unless labels could come to it', () => {
    expect(admitted({ preview: {} })).toEqual([]);
    const clusterSelector = { matchLabels: { region: 'eu' } };
    expect(admitted({ preview: {}, backends: [aSelector({ clusterSelector })] })).toContainEqual({
      path: 'spec.preview.host',
      message: expect.stringContaining('leads to cluster "preview"'),
    });
  });
});
