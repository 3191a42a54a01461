import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { driftOf } from '../../../src/planes/leaf/drift.ts';

const metadata = { namespace: 'default', name: 'shop', uid: 'uid-1', resourceVersion: '10' };
const rules = (...hosts: string[]) => hosts.map((host) => ({ host }));

function found(spec: object, more: object = {}): AnyObject {
  return { apiVersion: 'v1', kind: 'Test', spec, metadata: { ...metadata, ...more } };
}

function manifest(spec: object, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Test', spec, metadata: { namespace: 'default', name: 'shop', ...more } };
}

describe('the drift of an object', () => {
  it.each<[string, object, object, string[]]>([
    ['nothing has changed', { class: 'a' }, { class: 'a' }, []],
    ['a scalar is another', { class: 'a' }, { class: 'b' }, ['.spec.class: a, found b']],
    ['a field is gone', { class: 'a' }, {}, ['.spec.class: a, found nothing']],
    ['a whole part is gone', { tls: { mode: 'on' } }, {}, ['.spec.tls: {"mode":"on"}, found nothing']],
    ['the server has added defaults', { ports: [{ port: 80 }] }, { ports: [{ port: 80, protocol: 'TCP' }] }, []],
    ['somebody has added a field of their own', { class: 'a' }, { class: 'a', timeout: '5s' }, []],
    [
      'one of several items is another',
      { rules: rules('a', 'b') },
      { rules: rules('a', 'c') },
      ['.spec.rules[1].host: b, found c'],
    ],
    [
      'an item is missing',
      { rules: rules('a', 'b') },
      { rules: rules('a') },
      ['.spec.rules[1]: {"host":"b"}, found nothing'],
    ],
    [
      'an item is too many',
      { rules: rules('a') },
      { rules: rules('a', 'b') },
      ['.spec.rules[1]: nothing, found {"host":"b"}'],
    ],
    ['a list is gone', { rules: rules('a') }, {}, ['.spec.rules: [{"host":"a"}], found nothing']],
    ['an empty list is left out by the server', { rules: [] }, {}, []],
    ['a number became text', { weight: 10 }, { weight: '10' }, ['.spec.weight: 10, found 10']],
    ['nothing was wanted of a field', { class: undefined, other: null }, { class: 'b' }, []],
  ])('when %s', (_name, wanted, has, expected) => {
    const fields = driftOf(manifest(wanted), found(has));
    expect(fields.map((field) => `${field.path}: ${field.wanted}, found ${field.found}`)).toEqual(expected);
  });

  it('is told of labels and annotations, and not of what identifies the object', () => {
    const wanted = manifest(
      {},
      { uid: 'uid-0', labels: { team: 'a' }, annotations: { 'sluice.dev/owner': 'default/shop' } },
    );
    const has = found({}, { labels: { team: 'b', more: 'x' }, annotations: { 'sluice.dev/owner': 'default/other' } });
    expect(driftOf(wanted, has).map(({ path }) => path)).toEqual([
      '.metadata.labels.team',
      '.metadata.annotations[sluice.dev/owner]',
    ]);
  });

  it('keeps to what a status has room for', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, 'x'.repeat(1_000)]));
    const fields = driftOf(manifest(many), found({}));
    expect(fields).toHaveLength(20);
    expect(fields[0]?.wanted.length).toBeLessThan(210);
  });
});

describe('who has made an object drift', () => {
  const byHand = (manager: string, time: string, fieldsV1: object, more: object = {}) => {
    return { manager, operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1', fieldsV1, ...more };
  };
  const ours = byHand('sluice', '2026-01-03T00:00:00Z', { 'f:spec': { 'f:class': {}, 'f:rules': {} } });
  const edit = byHand('kubectl-edit', '2026-01-02T00:00:00Z', { 'f:spec': { 'f:rules': {} } });
  const older = byHand('helm', '2026-01-01T00:00:00Z', { 'f:spec': { 'f:rules': {} } });
  const status = byHand('contour', '2026-01-04T00:00:00Z', { 'f:spec': { 'f:rules': {} } }, { subresource: 'status' });

  it.each<[string, object[], string | undefined]>([
    ['who owns the list that the field is in', [ours, edit], 'kubectl-edit'],
    ['the latest of several', [older, ours, edit], 'kubectl-edit'],
    ['nobody who only writes the status', [ours, status], undefined],
    ['nobody when the object does not tell', [], undefined],
    ['nobody when the field is in nobody else’s hands', [ours], undefined],
  ])('is %s', (_name, managedFields, expected) => {
    const [field] = driftOf(manifest({ rules: rules('a') }), found({ rules: rules('b') }, { managedFields }));
    expect(field).toMatchObject({ path: '.spec.rules[0].host' });
    expect(field?.manager).toBe(expected);
  });

  it('is told for each item of a list that is kept by key, whatever the order', () => {
    const key = (port: number) => `k:{"port":${port},"protocol":"TCP"}`;
    const managedFields = [
      byHand('sluice', '2026-01-01T00:00:00Z', {
        'f:spec': { 'f:ports': { [key(80)]: { '.': {} }, [key(81)]: { '.': {} } } },
      }),
      byHand('kubectl-edit', '2026-01-02T00:00:00Z', {
        'f:spec': { 'f:ports': { [key(81)]: { 'f:targetPort': {} } } },
      }),
    ];
    const has = [
      { port: 9, protocol: 'TCP', targetPort: 9 },
      { port: 81, protocol: 'TCP', targetPort: 1 },
      { port: 80, protocol: 'TCP', targetPort: 8080 },
    ];
    const wanted = [
      { port: 80, targetPort: 8080 },
      { port: 81, protocol: 'TCP', targetPort: 8081 },
    ];
    expect(driftOf(manifest({ ports: wanted }), found({ ports: has }, { managedFields }))).toEqual([
      { path: '.spec.ports[1].targetPort', wanted: '8081', found: '1', manager: 'kubectl-edit' },
    ]);
  });
});
