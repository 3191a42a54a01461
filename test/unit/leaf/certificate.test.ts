import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { certificateDrift, certificateState, withCopy } from '../../../src/planes/leaf/certificate.ts';
import type { Sighting } from '../../../src/planes/leaf/kinds/kind.ts';
import { judge } from '../../../src/planes/leaf/readiness.ts';
import { anEvidence, anIntent, type EvidenceParts, passed } from './builders.ts';

const pem = readFileSync(new URL('../kubernetes/tls/certificate.pem', import.meta.url), 'utf8');
const base64 = (text: string) => Buffer.from(text).toString('base64');

function secret(key = 'a key', certificate = pem): AnyObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 'shop-tls', uid: 'uid-9', resourceVersion: '9' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
  };
}

const seen = (object: AnyObject): Sighting => ({ kind: 'object', object });
const gone: Sighting = { kind: 'gone' };
const notAsked: Sighting = { kind: 'notAsked' };

describe('the copy of a certificate', () => {
  it.each<[string, Sighting, Sighting, string | undefined]>([
    ['that was never looked for', seen(secret()), notAsked, undefined],
    ['while the hub has not answered', notAsked, seen(secret()), undefined],
    ['that is not there', seen(secret()), gone, 'missing'],
    ['that is nowhere', gone, gone, 'missing'],
    ['that is the same', seen(secret()), seen(secret()), 'current'],
    ['with another key', seen(secret('new')), seen(secret('old')), 'outdated'],
    ['that the hub has no more', gone, seen(secret()), 'outdated'],
    ['that the hub makes anew', seen(secret('', '')), seen(secret()), 'outdated'],
    ['that somebody has spoilt', seen(secret()), seen(secret('key', 'none')), 'outdated'],
  ])('%s', (_name, hub, copy, expected) => {
    const state = certificateState({ cluster: 'east', name: 'Secret default/shop-tls', hub, copy });
    expect(state?.kind).toBe(expected);
    expect(JSON.stringify(state ?? '')).not.toContain(base64('a key'));
  });

  it('drifts by fingerprint alone', () => {
    expect(certificateDrift(secret(), secret())).toEqual([]);
    expect(certificateDrift(secret('', ''), secret())).toEqual([]);
    const fields = certificateDrift(secret('secret key'), secret('other key'));
    expect(fields).toEqual([{ path: '.data', wanted: expect.any(String), found: expect.any(String) }]);
    for (const text of ['secret key', 'other key', pem]) {
      expect(JSON.stringify(fields)).not.toContain(text);
      expect(JSON.stringify(fields)).not.toContain(base64(text));
    }
  });
});

describe('a backend whose certificate comes from the hub', () => {
  const state = (kind: 'current' | 'missing' | 'outdated', notAfter = '2999-01-01T00:00:00.000Z') => {
    return { cluster: 'east', kind, notAfter, message: `it is ${kind}` } as const;
  };
  const readyAt = ['10.0.0.1'];

  it.each<[string, EvidenceParts, string]>([
    ['not known yet', { certificate: 'notAsked' }, 'undecided'],
    ['current', { certificate: state('current') }, 'ready'],
    ['missing', { certificate: state('missing') }, 'CertificateMissing'],
    ['outdated', { certificate: state('outdated') }, 'CertificateOutdated'],
    ['outdated while it serves', { certificate: state('outdated'), readyAt }, 'ready: it is outdated'],
    [
      'expired while it serves',
      { certificate: state('outdated', '2020-01-01T00:00:00.000Z'), readyAt },
      'CertificateOutdated',
    ],
  ])('that is %s', (_name, evidence, expected) => {
    const finding = judge(anEvidence({ probes: { '10.0.0.1': passed(2) }, ...evidence }));
    if (finding.kind === 'ready') expect(`ready${finding.message ? `: ${finding.message}` : ''}`).toBe(expected);
    else expect(finding.kind === 'undecided' ? finding.kind : finding.reason).toBe(expected);
  });
});

describe('the Secret that leaves name', () => {
  const tls = { secretName: 'shop-tls' };

  it('is the copy of the hub, under a name of its own for each FederatedIngress', () => {
    expect(withCopy(anIntent({ tls })).tls?.secretName).toBe('shop-sluice-tls');
  });

  it.each([
    ['in the clusters already', anIntent({ tls: { ...tls, from: 'cluster' } })],
    ['the copy itself, which says what it is a copy of', anIntent({ tls, ref: { ...anIntent().ref, kind: 'Secret' } })],
  ])('is the one that the spec names when it is %s', (_what, intent) => {
    expect(withCopy(intent).tls?.secretName).toBe('shop-tls');
  });
});
