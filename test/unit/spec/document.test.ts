import { describe, expect, it } from 'vitest';
import { formatIssues, specEquals } from '../../../src/spec/document.ts';
import { parse } from '../../../src/spec/parse.ts';
import { aBackend, aDocument } from './documents.ts';

describe('specEquals', () => {
  it('sees no difference in defaults that are written out, or in the order of fields', () => {
    const { host, ...rest } = aDocument().spec;
    const written = aDocument({ ...rest, dns: { ttl: '30s' }, health: {}, strategy: { direct: {} }, host });
    expect(specEquals(parse(aDocument()), parse(written))).toBe(true);
  });

  it.each([
    [{ dns: { ttl: '31s' } }],
    [{ leaf: { kind: 'Ingress', className: 'contour' } }],
    [{ backends: [aBackend({ weight: 99 })] }],
    [{ backends: [aBackend(), aBackend({ name: 'v2', cluster: 'west' })] }],
  ])('sees the difference of %j', (change) => {
    expect(specEquals(parse(aDocument()), parse(aDocument(change)))).toBe(false);
  });

  it('tells a list from an object and null from nothing', () => {
    expect(specEquals([], {})).toBe(false);
    expect(specEquals({ a: null }, {})).toBe(false);
    expect(specEquals({ a: null }, { a: null })).toBe(true);
  });
});

describe('formatIssues', () => {
  it('writes one line an issue', () => {
    const issues = [
      { path: '', message: 'missing' },
      { path: 'spec.host', message: 'found 7' },
    ];
    expect(formatIssues(issues)).toBe('document: missing\nspec.host: found 7');
  });
});
