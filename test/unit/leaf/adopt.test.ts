import { describe, expect, it } from 'vitest';
import { adoptFields } from '../../../src/planes/leaf/adopt.ts';
import { aLeaf } from './builders.ts';

const manifest = {
  metadata: { labels: { 'a.b/c': 'ours', a: 'ours' } },
  spec: { ingressClassName: 'ours', rules: ['ours'] },
};
const found = {
  ...aLeaf([], { labels: { 'a.b/c': 'theirs', a: 'theirs' } }),
  spec: { ingressClassName: 'theirs', rules: ['theirs'] },
};

describe('leaving fields to who changed them', () => {
  it.each<[string[], object | undefined]>([
    [['.spec.ingressClassName'], { ...manifest, spec: { ...manifest.spec, ingressClassName: 'theirs' } }],
    [['.spec.rules'], { ...manifest, spec: { ...manifest.spec, rules: ['theirs'] } }],
    [['.metadata.labels.a.b/c'], { ...manifest, metadata: { labels: { 'a.b/c': 'theirs', a: 'ours' } } }],
    [
      ['.spec.rules', '.metadata.labels.a'],
      { metadata: { labels: { 'a.b/c': 'ours', a: 'theirs' } }, spec: { ...manifest.spec, rules: ['theirs'] } },
    ],
    [['.spec.ports[port=80,protocol="TCP"].targetPort'], undefined],
    [['.spec.unknown'], undefined],
    [[''], undefined],
  ])('at %j', (fields, expected) => {
    expect(adoptFields(manifest, found, [{ manager: 'kubectl-edit', fields }])).toEqual(expected);
  });

  it('does not touch the manifest itself', () => {
    adoptFields(manifest, found, [{ manager: 'kubectl-edit', fields: ['.spec.rules'] }]);
    expect(manifest.spec.rules).toEqual(['ours']);
  });
});
