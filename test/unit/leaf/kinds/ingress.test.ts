import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import { anObject, aTarget, LEAVES, sentence, unrelated, verdict } from './builders.ts';

const kind = kindOf('Ingress');
const target = aTarget(LEAVES.ingress);
const at = (entries: readonly object[], spec: object = { ingressClassName: 'contour' }) =>
  anObject('Ingress', { spec, status: { loadBalancer: { ingress: entries } } });

describe('an Ingress', () => {
  it.each([
    ['has an address', at([{ ip: '10.0.0.1' }]), 'fine'],
    ['has a name', at([{ hostname: 'lb.example.net' }]), 'fine'],
    ['has none', at([]), 'NoAddress momentary'],
    ['has no status at all', anObject('Ingress', { spec: {} }), 'NoAddress momentary'],
  ])('is ready when it %s', (_name, ingress, expected) => {
    expect(verdict(kind.accepted(ingress, target, unrelated))).toBe(expected);
  });

  it('says whose address is missing', () => {
    expect(sentence(kind.accepted(at([]), target, unrelated))).toBe(
      'Ingress default/shop in cluster east has no address: no ingress controller of class "contour" has written one to its status',
    );
    expect(sentence(kind.accepted(at([], {}), target, unrelated))).toContain('of the default ingress class');
  });

  it.each([
    ['none', [], [], []],
    [
      'addresses, sorted and once each',
      [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
      ['10.0.0.1', '10.0.0.2'],
      [],
    ],
    [
      'both families and a name',
      [{ ip: '2001:db8::1' }, { ip: '10.0.0.1' }, { hostname: 'lb' }],
      ['10.0.0.1', '2001:db8::1'],
      ['lb'],
    ],
    ['an address written as a name', [{ hostname: '10.0.0.1' }], ['10.0.0.1'], []],
    ['nonsense', [{ ip: 'soon' }, {}, { ip: '' }, { hostname: '' }, null], [], []],
  ])('is reached at %s', (_name, entries, addresses, hostnames) => {
    expect(kind.reach(at(entries as object[]), target, unrelated)).toEqual({ addresses, hostnames });
  });

  it('is probed with the hostname, or the name that the health check gives', () => {
    const probe = { kind: 'http', path: '/', hostHeader: 'internal.test', statuses: [] } as const;
    expect(kind.probe(target)).toEqual({ hostHeader: 'shop.example.test', headers: {} });
    expect(kind.probe(aTarget(LEAVES.ingress, { health: { ...target.health, probe } })).hostHeader).toBe(
      'internal.test',
    );
  });
});
