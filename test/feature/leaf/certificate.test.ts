import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { certificateName } from '../../../src/plan/leaves.ts';
import { createLeafPlane } from '../../../src/planes/leaf/leaf-plane.ts';
import { testPlayground } from '../../support/playground.ts';
import { SOON } from '../../support/until.ts';
import { User } from '../../support/user.ts';
import { anIntent, aRef, east, log, Parts, refusal, register, settings } from './parts.ts';

const { hub: hubAccess } = testPlayground();
const member = new User('east');
const hubUser = new User('hub');
const tls = { secretName: 'leaf-tls' };
const COPY = certificateName('leaf-test');
const ref = aRef('Secret', COPY);

interface Pair {
  readonly certificateFile: string;
  readonly keyFile: string;
}

function secret({ certificateFile, keyFile }: Pair, name = tls.secretName): object {
  const [crt, key] = [certificateFile, keyFile].map((file) => readFileSync(file).toString('base64'));
  const metadata = { namespace: 'default', name };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata,
    data: { 'tls.crt': crt, 'tls.key': key },
  };
}

function fingerprint({ certificateFile }: Pair): string {
  return new X509Certificate(readFileSync(certificateFile)).fingerprint256.replaceAll(':', '').toLowerCase();
}

const hubs = createClusterRegistry({ log });
let parts: Parts;
beforeEach(() => {
  hubs.set('config', [{ ...settings(), name: 'hub', kubeconfig: { kind: 'file', path: hubAccess.adminKubeconfig } }]);
  const registry = register();
  parts = new Parts(registry, createLeafPlane({ registry, hub: hubs.get('hub'), log }));
});
afterEach(async () => {
  parts[Symbol.dispose]();
  hubs.close();
  await Promise.all([member.remove('secret', COPY), hubUser.remove('secret', 'leaf-tls')]);
  await member.remove('ingress', 'leaf-test');
});

describe('the certificate of a hostname', () => {
  it('is copied from the hub, and a leaf without it is not ready', async () => {
    const error = await refusal(parts.apply({ ref, tls }));
    expect(error).toMatchObject({ reason: 'CertificateMissing', retryable: true });
    await parts.apply({ tls });
    const told = parts.follow({ tls });
    const verdict = await told.until('notReady CertificateMissing');
    expect(verdict).toMatchObject({ certificate: { kind: 'missing', cluster: 'east' } });

    await hubUser.create(secret(hubAccess.certificate));
    await parts.apply({ ref, tls });
    expect(await told.until('ready')).toMatchObject({
      certificate: { kind: 'current', fingerprint: fingerprint(hubAccess.certificate) },
    });
    const source = await hubUser.get('secret', 'leaf-tls');
    expect((await member.get('secret', COPY))?.['data']).toEqual(source?.['data']);
  });

  it('shows as drift when it is renewed, without its values, until it is copied again', async () => {
    await hubUser.create(secret(hubAccess.certificate));
    await parts.apply({ ref, tls });
    await parts.apply({ tls });
    const intent = anIntent({ ref, tls });
    const drift = parts.followDrift(intent);
    const told = parts.follow({ tls });
    await Promise.all([drift.until('none'), told.until('ready')]);

    await hubUser.create(secret(east.certificate));
    const [field] = await drift.until('.data');
    expect(field).toEqual({
      path: '.data',
      wanted: `the certificate with SHA-256 ${fingerprint(east.certificate)} and its key`,
      found: `the outdated one with SHA-256 ${fingerprint(hubAccess.certificate)}`,
    });
    // The old one has not expired, so what serves goes on serving; what is new does not begin with it.
    await expect.poll(() => told.all.at(-1), SOON).toMatchObject({ kind: 'ready', certificate: { kind: 'outdated' } });
    await parts.follow({ tls }).until('notReady CertificateOutdated');

    await parts.apply({ ref, tls });
    await drift.until('none');
    await expect
      .poll(() => told.all.at(-1))
      .toMatchObject({
        kind: 'ready',
        certificate: { kind: 'current', fingerprint: fingerprint(east.certificate) },
      });
    expect(new Set(told.words.slice(told.words.indexOf('ready')))).toEqual(new Set(['ready']));
  });

  it('is made again when somebody removes the copy, and goes with the leaf', async () => {
    await hubUser.create(secret(hubAccess.certificate));
    await parts.apply({ ref, tls });
    const drift = parts.followDrift(anIntent({ ref, tls }));
    await drift.until('none');
    await member.remove('secret', COPY);
    await drift.until('removed');
    await parts.apply({ ref, tls });
    await drift.until('none');
    await parts.remove(ref);
    expect(await member.get('secret', COPY)).toBeUndefined();
  });

  it('is copied for each that uses it, so that none loses it when another one goes', async () => {
    await hubUser.create(secret(hubAccess.certificate));
    await parts.apply({ ref, tls });
    const owner = { namespace: 'default', name: 'other' };
    const other = anIntent({ ref: aRef('Secret', certificateName('other')), tls, owner });
    await parts.apply(other);
    await parts.remove(ref);
    expect(await member.get('secret', COPY)).toBeUndefined();
    expect(await member.get('secret', other.ref.name)).toBeDefined();
    await parts.plane.remove(other.ref, owner, parts.ending.signal);
  });

  it('is not written over one that somebody has put into the cluster', async () => {
    await hubUser.create(secret(hubAccess.certificate));
    await member.create(secret(east.certificate, COPY));
    const before = await member.versionOf('secret', COPY);
    expect(await refusal(parts.apply({ ref, tls }))).toMatchObject({ reason: 'NotOurs' });
    await parts.remove(ref);
    expect(await member.versionOf('secret', COPY)).toBe(before);
  });

  it('is nobody’s business without a hub', async () => {
    using alone = new Parts();
    await alone.apply({ ref, tls });
    expect(await member.get('secret', COPY)).toBeUndefined();
  });
});
