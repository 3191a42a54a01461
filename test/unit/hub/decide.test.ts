import { describe, expect, it } from 'vitest';
import { type Action, decide, decisive } from '../../../src/hub/decide.ts';
import { type Answer, type Memory, recall, statusManifest, withAnswer, withVerdict } from '../../../src/hub/memory.ts';
import { aFederatedIngress, UID } from './objects.ts';

const AT_REST: Memory = {
  uid: UID,
  settledGeneration: 1,
  acceptedGeneration: 1,
  looked: true,
  verdicts: [],
  answers: [],
};
const DELETED = { deletionTimestamp: '2026-03-01T12:00:00Z' };
const PROMOTED: Answer = {
  verb: 'promote',
  nonce: '1',
  outcome: 'Done',
  message: 'goes on',
  time: '2026-03-01T12:00:00Z',
};

describe('what is next for a FederatedIngress object', () => {
  const table: readonly [title: string, metadata: object, memory: Partial<Memory>, next: Action | undefined][] = [
    ['nothing for one at rest', {}, {}, undefined],
    [
      'the finalizer before anything else',
      { finalizers: ['other'] },
      { settledGeneration: 0 },
      { kind: 'addFinalizer' },
    ],
    ['an apply of a new generation', { generation: 2 }, {}, { kind: 'apply', generation: 2 }],
    [
      'no apply of a generation that a watch still has though a later one is settled',
      { generation: 1 },
      { settledGeneration: 2 },
      undefined,
    ],
    ['a look at the workflow after a restart', {}, { looked: false }, { kind: 'look' }],
    [
      'nothing more for a generation that is refused for good',
      {},
      { acceptedGeneration: undefined as never, looked: false },
      undefined,
    ],
    [
      'a verb that an annotation asks for',
      { annotations: { 'sluice.dev/promote': '1 looks  good' } },
      {},
      { kind: 'steer', verb: 'promote', nonce: '1', input: { reason: 'looks good' } },
    ],
    [
      'nothing for an annotation that was answered',
      { annotations: { 'sluice.dev/promote': '1' } },
      { answers: [PROMOTED] },
      undefined,
    ],
    [
      'the verb again for another value',
      { annotations: { 'sluice.dev/promote': '2' } },
      { answers: [PROMOTED] },
      { kind: 'steer', verb: 'promote', nonce: '2', input: {} },
    ],
    [
      'another verb with the same nonce',
      { annotations: { 'sluice.dev/promote': '1', 'sluice.dev/abort': '1' } },
      { answers: [PROMOTED] },
      { kind: 'steer', verb: 'abort', nonce: '1', input: {} },
    ],
    [
      'the drain of the cluster that an annotation names',
      { annotations: { 'sluice.dev/drain': '1 east kernel update' } },
      {},
      { kind: 'steer', verb: 'drain', nonce: '1', input: { cluster: 'east', reason: 'kernel update' } },
    ],
    [
      'the undrain after the drain of the same nonce',
      { annotations: { 'sluice.dev/drain': '1 east', 'sluice.dev/undrain': '1 east' } },
      { answers: [{ ...PROMOTED, verb: 'drain' }] },
      { kind: 'steer', verb: 'undrain', nonce: '1', input: { cluster: 'east' } },
    ],
    [
      'a refusal of a drain that names no cluster',
      { annotations: { 'sluice.dev/drain': '1' } },
      {},
      {
        kind: 'refuse',
        verb: 'drain',
        nonce: '1',
        message: 'found no cluster to drain; write it after the nonce, such as sluice.dev/drain="1 east"',
      },
    ],
    [
      'an undo whose reason begins with a number',
      { annotations: { 'sluice.dev/undo': '1 3 customers complained' } },
      {},
      { kind: 'steer', verb: 'undo', nonce: '1', input: { reason: '3 customers complained' } },
    ],
    [
      'an undo to the generation that the annotation names',
      { annotations: { 'sluice.dev/undo': '1 generation=3 too slow' } },
      {},
      { kind: 'steer', verb: 'undo', nonce: '1', input: { toGeneration: 3, reason: 'too slow' } },
    ],
    [
      'a refusal of an undo to what is no generation',
      { annotations: { 'sluice.dev/undo': '1 generation=first' } },
      {},
      {
        kind: 'refuse',
        verb: 'undo',
        nonce: '1',
        message: 'found generation "first"; allowed: a number of status.undoable, such as "1 generation=3"',
      },
    ],
    ['nothing for an empty annotation', { annotations: { 'sluice.dev/promote': ' ' } }, {}, undefined],
    [
      'the new generation before the annotation',
      { generation: 2, annotations: { 'sluice.dev/promote': '1' } },
      {},
      { kind: 'apply', generation: 2 },
    ],
    ['the request to drain one that is deleted', DELETED, {}, { kind: 'requestDeletion' }],
    ['no apply of one that is deleted', { ...DELETED, generation: 2 }, {}, { kind: 'requestDeletion' }],
    ['a wait while it drains', DELETED, { deletion: { kind: 'requested' } }, { kind: 'awaitDeletion' }],
    [
      'the request by force when it is asked for later',
      { ...DELETED, annotations: { 'sluice.dev/force-delete': 'now' } },
      { deletion: { kind: 'requested' } },
      { kind: 'requestDeletion', force: 'now' },
    ],
    [
      'a wait after the request by force',
      { ...DELETED, annotations: { 'sluice.dev/force-delete': 'now' } },
      { deletion: { kind: 'requested', force: 'now' } },
      { kind: 'awaitDeletion' },
    ],
    ['the end when nothing is left', DELETED, { deletion: { kind: 'done' } }, { kind: 'removeFinalizer' }],
    ['nothing for a deleted one that others hold', { ...DELETED, finalizers: ['other'] }, {}, undefined],
  ];

  it.each(table)('is %s', (_title, metadata, memory, next) => {
    const { acceptedGeneration, ...known } = { ...AT_REST, ...memory };
    const whole = acceptedGeneration === undefined ? known : { ...known, acceptedGeneration };
    expect(decide(aFederatedIngress(metadata), whole)).toEqual(next);
  });

  it('is not changed by the status, which is written all the time', () => {
    const before = aFederatedIngress();
    expect(decisive(aFederatedIngress({ resourceVersion: '2' }, { status: { message: 'else' } }))).toBe(
      decisive(before),
    );
    expect(decisive(aFederatedIngress({ generation: 2 }))).not.toBe(decisive(before));
    // Who waits for the end of a deletion is woken by it.
    expect(decisive(aFederatedIngress({}, { status: { state: 'Deleted' } }))).not.toBe(decisive(before));
  });
});

describe('what the controller remembers over a restart', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const accepted = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: 'm',
    observedGeneration: 1,
  } as const;

  it('is in the status: what was accepted, and each annotation that was answered', () => {
    const memory = withAnswer(withVerdict({ ...AT_REST, looked: false }, accepted, now), PROMOTED);
    const { status } = statusManifest(aFederatedIngress(), memory);
    expect(recall(aFederatedIngress({}, { status }))).toEqual(memory);
  });

  it('has no place for a refusal: that is tried once more', () => {
    const refused = withVerdict({ ...AT_REST }, { ...accepted, status: 'False', observedGeneration: 2 }, now);
    const { status } = statusManifest(aFederatedIngress({ generation: 2 }), refused);
    const recalled = recall(aFederatedIngress({ generation: 2 }, { status }));
    expect(recalled.settledGeneration).toBeUndefined();
    expect(recalled.acceptedGeneration).toBe(1);
    expect(decide(aFederatedIngress({ generation: 2 }), recalled)).toEqual({ kind: 'apply', generation: 2 });
  });

  it('keeps the time of a verdict while its status stays', () => {
    const later = new Date('2026-03-01T13:00:00Z');
    const memory = withVerdict(withVerdict(AT_REST, accepted, now), { ...accepted, message: 'other' }, later);
    expect(memory.verdicts).toEqual([{ ...accepted, message: 'other', lastTransitionTime: now.toISOString() }]);
    const turned = withVerdict(memory, { ...accepted, status: 'False' }, later);
    expect(turned.verdicts[0]?.lastTransitionTime).toBe(later.toISOString());
  });
});
