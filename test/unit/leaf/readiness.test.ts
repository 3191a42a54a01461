import { describe, expect, it } from 'vitest';
import { probedAddresses } from '../../../src/planes/leaf/evidence.ts';
import type { ProbeOutcome } from '../../../src/planes/leaf/probe.ts';
import { NOT_PROBED, recordProbe } from '../../../src/planes/leaf/probe-record.ts';
import { judge } from '../../../src/planes/leaf/readiness.ts';
import { aLeaf, anEvidence, aTarget, type EvidenceParts, failed, passed } from './builders.ts';

const unreachable = { reason: 'ConnectionRefused', message: 'cluster east: refused' };
const at = (...entries: object[]) => ({ kind: 'object', object: aLeaf(entries) }) as const;
const being = (metadata: object) => ({ kind: 'object', object: aLeaf([{ ip: '10.0.0.1' }], metadata) }) as const;
const gone = { kind: 'gone' } as const;
const notAsked = { kind: 'notAsked' } as const;
const known = aTarget({ lastAddresses: ['10.0.0.1'] });

describe('the verdict on a backend', () => {
  const cases: readonly [string, EvidenceParts, string][] = [
    ['the API server has not answered yet', { sighting: notAsked }, 'undecided'],
    [
      'the API server has not answered yet, and a known address passes',
      { sighting: notAsked, target: known, probes: { '10.0.0.1': passed(2) } },
      'undecided',
    ],
    ['the object does not exist', { sighting: gone }, 'notReady NotFound momentary'],
    ['it is somebody else’s', { sighting: being({ annotations: {} }) }, 'notReady NotOurs'],
    [
      'it is being deleted',
      { sighting: being({ deletionTimestamp: '2026-01-01T00:00:00Z' }) },
      'notReady BeingDeleted',
    ],
    ['it has no address', { sighting: at() }, 'notReady NoAddress momentary'],
    ['its hostname is being looked up', { sighting: at({ hostname: 'lb' }) }, 'undecided'],
    [
      'its hostname does not resolve',
      { sighting: at({ hostname: 'lb' }), resolutions: { lb: { kind: 'failed', message: 'ENOTFOUND' } } },
      'notReady HostnameNotResolved momentary',
    ],
    [
      'its hostname stands for nothing',
      { sighting: at({ hostname: 'lb' }), resolutions: { lb: { kind: 'resolved', addresses: [] } } },
      'undecided',
    ],
    [
      'its hostname resolves outside of the gateway networks',
      { sighting: at({ hostname: 'lb' }), resolutions: { lb: { kind: 'resolved', addresses: ['1.1.1.1'] } } },
      'notReady AddressNotAllowed',
    ],
    [
      'its hostname resolves and probes pass',
      {
        sighting: at({ hostname: 'lb' }),
        resolutions: { lb: { kind: 'resolved', addresses: ['10.0.0.9'] } },
        probes: { '10.0.0.9': passed(2) },
      },
      'ready 10.0.0.9',
    ],
    [
      'one of its addresses is outside of the gateway networks',
      { sighting: at({ ip: '10.0.0.1' }, { ip: '127.0.0.1' }), probes: { '10.0.0.1': passed(2) } },
      'notReady AddressNotAllowed',
    ],
    ['it was never probed', {}, 'undecided'],
    ['it passed less often than it has to', { probes: { '10.0.0.1': passed(1, false) } }, 'undecided'],
    ['it passed often enough', { probes: { '10.0.0.1': passed(2) } }, 'ready 10.0.0.1'],
    ['it never served and failed once', { probes: { '10.0.0.1': failed(1) } }, 'notReady ProbeFailed'],
    [
      'it served before this watch began and failed once',
      { target: known, probes: { '10.0.0.1': failed(1) } },
      'undecided',
    ],
    [
      'it served before this watch began and failed too often',
      { target: known, probes: { '10.0.0.1': failed(3) } },
      'notReady ProbeFailed',
    ],
    [
      'it is ready and failed twice',
      { readyAt: ['10.0.0.1'], probes: { '10.0.0.1': failed(2, true) } },
      'ready 10.0.0.1',
    ],
    [
      'it is ready and failed too often',
      { readyAt: ['10.0.0.1'], probes: { '10.0.0.1': failed(3) } },
      'notReady ProbeFailed',
    ],
    [
      'one of two addresses was not probed',
      { sighting: at({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }), probes: { '10.0.0.1': passed(2) } },
      'undecided',
    ],
    [
      'one of two addresses fails',
      {
        sighting: at({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }),
        probes: { '10.0.0.1': passed(2), '10.0.0.2': failed(1) },
      },
      'notReady ProbeFailed',
    ],
    [
      'both addresses pass',
      {
        sighting: at({ ip: '10.0.0.2' }, { ip: '10.0.0.1' }),
        probes: { '10.0.0.1': passed(2), '10.0.0.2': passed(2) },
      },
      'ready 10.0.0.1,10.0.0.2',
    ],
    [
      'it is ready and gets a second address',
      {
        readyAt: ['10.0.0.1'],
        sighting: at({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }),
        probes: { '10.0.0.1': passed(9), '10.0.0.2': failed(1) },
      },
      'ready 10.0.0.1',
    ],
    [
      'it is ready and gets a second address that goes on failing',
      {
        readyAt: ['10.0.0.1'],
        sighting: at({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }),
        probes: { '10.0.0.1': passed(9), '10.0.0.2': failed(3) },
      },
      'notReady ProbeFailed',
    ],
    [
      'it is ready and its only address is exchanged',
      { readyAt: ['10.0.0.1'], sighting: at({ ip: '10.0.0.2' }) },
      'notReady ProbePending momentary',
    ],
    [
      'the cluster is unreachable and nothing is known',
      { sighting: notAsked, unreachable },
      'unknown ConnectionRefused',
    ],
    [
      'the cluster is unreachable and the object was gone before',
      { sighting: gone, unreachable },
      'unknown ConnectionRefused',
    ],
    [
      'the cluster is unreachable and had shown no address',
      { sighting: at(), unreachable },
      'unknown ConnectionRefused',
    ],
    [
      'the cluster is unreachable and its last address passes',
      { unreachable, probes: { '10.0.0.1': passed(2) } },
      'ready 10.0.0.1',
    ],
    [
      'the cluster is unreachable and its last address fails',
      { unreachable, readyAt: ['10.0.0.1'], probes: { '10.0.0.1': failed(3) } },
      'notReady ProbeFailed',
    ],
    [
      'the cluster was never reached and an address known from before passes',
      { sighting: notAsked, unreachable, target: known, probes: { '10.0.0.1': passed(2) } },
      'ready 10.0.0.1',
    ],
    [
      'the cluster is unreachable, the object was gone for a moment, and the backend is ready',
      { sighting: gone, unreachable, readyAt: ['10.0.0.1'], probes: { '10.0.0.1': passed(2) } },
      'ready 10.0.0.1',
    ],
    [
      'the cluster is unreachable and the object was not ours',
      { sighting: being({ annotations: {} }), unreachable },
      'notReady NotOurs',
    ],
  ];

  it.each(cases)('when %s', (_name, parts, expected) => {
    expect(describeFinding(parts)).toBe(expected);
  });

  it('takes any address that could be public when no networks are configured', () => {
    const parts = { cidrs: [], sighting: at({ ip: '203.0.113.9' }), probes: { '203.0.113.9': passed(2) } };
    expect(describeFinding(parts)).toBe('ready 203.0.113.9');
    expect(describeFinding({ ...parts, sighting: at({ ip: '169.254.169.254' }) })).toBe('notReady AddressNotAllowed');
  });

  it('names object, cluster and what was found', () => {
    const finding = judge(anEvidence({ sighting: at() }));
    expect(finding).toMatchObject({
      message:
        'Ingress default/shop in cluster east has no address: no ingress controller of class "contour" has written one to its status',
    });
  });
});

describe('what is probed', () => {
  it.each<[string, EvidenceParts, string[]]>([
    ['the addresses of the object', {}, ['10.0.0.1']],
    ['nothing outside of the gateway networks', { sighting: at({ ip: '169.254.169.254' }) }, []],
    ['nothing for an object that is gone', { sighting: gone, target: known }, []],
    ['what was ready, while the object is gone for a moment', { sighting: gone, readyAt: ['10.0.0.1'] }, ['10.0.0.1']],
    ['what was known, before the API server has answered', { sighting: notAsked, target: known }, ['10.0.0.1']],
    ['what was known, while it cannot be asked', { sighting: notAsked, unreachable, target: known }, ['10.0.0.1']],
    ['only new addresses once the object has some', { readyAt: ['10.0.0.9'] }, ['10.0.0.1']],
  ])('is %s', (_name, parts, expected) => {
    expect(probedAddresses(anEvidence(parts))).toEqual(expected);
  });
});

describe('the record of an address', () => {
  const pass: ProbeOutcome = { kind: 'passed' };
  const fail: ProbeOutcome = { kind: 'failed', reason: 'ProbeFailed', message: 'no' };
  const { health } = aTarget(); // 2 up, 3 down

  it.each<[string, boolean[]]>([
    ['+', [false]],
    ['++', [false, true]],
    ['+-+', [false, false, false]],
    ['+-++', [false, false, false, true]],
    ['++--+--', [false, true, true, true, true, true, true]],
    ['++---', [false, true, true, true, false]],
    ['++---+', [false, true, true, true, false, false]],
    ['++---++', [false, true, true, true, false, false, true]],
  ])('after %s says whether it is verified', (series, expected) => {
    let record = NOT_PROBED;
    const seen = series.split('').map((sign) => {
      record = recordProbe(record, sign === '+' ? pass : fail, health);
      return record.verified;
    });
    expect(seen).toEqual(expected);
  });
});

it.each<[string, EvidenceParts, readonly string[] | undefined]>([
  ['the names of the object', { sighting: at({ hostname: 'lb' }, { ip: '10.0.0.2' }) }, ['lb']],
  ['that it has none', {}, []],
  ['nothing while the object cannot be seen', { sighting: gone, unreachable, readyAt: ['10.0.0.1'] }, undefined],
  ['nothing while the object says nothing', { sighting: at(), unreachable, readyAt: ['10.0.0.1'] }, undefined],
])('a ready backend tells %s', (_what, parts, hostnames) => {
  const resolutions = { lb: { kind: 'resolved', addresses: ['10.0.0.1'] } } as const;
  const probes = { '10.0.0.1': passed(2), '10.0.0.2': passed(2) };
  const finding = judge(anEvidence({ resolutions, probes, ...parts }));
  expect(finding.kind === 'ready' ? finding.hostnames : finding).toEqual(hostnames);
});

function describeFinding(parts: EvidenceParts): string {
  const finding = judge(anEvidence(parts));
  if (finding.kind === 'undecided') return 'undecided';
  if (finding.kind === 'ready') return `ready ${finding.addresses.join()}`;
  const momentary = finding.kind === 'notReady' && finding.momentary ? ' momentary' : '';
  return `${finding.kind} ${finding.reason}${momentary}`;
}
