import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { User } from '../../support/user.ts';
import { anIntent, aRef, backend, host, Parts, refusal } from './parts.ts';

const user = new User('east');
const elsewhere = { ingressClassName: 'elsewhere' };

let parts: Parts;
beforeEach(() => {
  parts = new Parts();
});
afterEach(async () => {
  parts[Symbol.dispose]();
  await user.remove('ingress', 'leaf-test');
});

const classOf = async (): Promise<unknown> => (await user.get('ingress', 'leaf-test'))?.['spec'];

describe('a leaf that somebody else has changed', () => {
  it('is told at once by field, value and manager, and when it is as written again', async () => {
    await parts.apply();
    const told = parts.followDrift(anIntent());
    await told.until('none');
    await user.edit('ingress', 'leaf-test', { spec: elsewhere });
    expect(await told.until('.spec.ingressClassName by kubectl-edit')).toEqual([
      { path: '.spec.ingressClassName', wanted: 'contour', found: 'elsewhere', manager: 'kubectl-edit' },
    ]);
    await user.edit('ingress', 'leaf-test', { spec: { ingressClassName: 'contour' } });
    await told.until('none');
    expect(told.words).toEqual(['none', '.spec.ingressClassName by kubectl-edit', 'none']);
  });

  it('is no drift where others have put fields of their own', async () => {
    await parts.apply();
    const told = parts.followDrift(anIntent());
    await told.until('none');
    await user.edit('ingress', 'leaf-test', {
      metadata: { labels: { team: 'a' } },
      spec: { defaultBackend: { service: { name: 'shop', port: { number: 8001 } } } },
    });
    await user.edit('ingress', 'leaf-test', { spec: elsewhere });
    await told.until('.spec.ingressClassName by kubectl-edit');
    expect(told.words).toEqual(['none', '.spec.ingressClassName by kubectl-edit']);
  });

  it('is compared with what was written last, also when that was after somebody had begun to follow it', async () => {
    await parts.apply();
    const told = parts.followDrift(anIntent());
    await told.until('none');
    await parts.apply({ leaf: { kind: 'Ingress', className: 'elsewhere' } });
    await user.edit('ingress', 'leaf-test', { spec: { ingressClassName: 'contour' } });
    expect(await told.until('.spec.ingressClassName by kubectl-edit')).toEqual([
      { path: '.spec.ingressClassName', wanted: 'elsewhere', found: 'contour', manager: 'kubectl-edit' },
    ]);
    expect(told.words).toEqual(['none', '.spec.ingressClassName by kubectl-edit']);
  });

  it('gets its fields back with takeBack', async () => {
    await parts.apply();
    const told = parts.followDrift(anIntent());
    await told.until('none');
    await user.edit('ingress', 'leaf-test', { spec: elsewhere });
    await told.until('.spec.ingressClassName by kubectl-edit');
    await parts.apply();
    await told.until('none');
    expect(await classOf()).toMatchObject({ ingressClassName: 'contour' });
  });

  it('keeps the change with hold, and what else is wanted is refused by manager and field', async () => {
    await parts.apply();
    await user.edit('ingress', 'leaf-test', { spec: elsewhere });
    const error = await refusal(parts.apply({ drift: 'hold' }));
    expect(error).toMatchObject({ reason: 'FieldConflict', retryable: false });
    expect(error.message).toContain('"kubectl-edit" manages .spec.ingressClassName');
    expect(await classOf()).toMatchObject(elsewhere);
  });

  it('keeps the change with accept, and takes the rest of what is wanted', async () => {
    await parts.apply();
    await user.edit('ingress', 'leaf-test', { spec: elsewhere });
    const tls = { secretName: 'shop-tls' };
    await parts.apply({ drift: 'accept', tls });
    expect(await classOf()).toMatchObject({ ...elsewhere, tls: [{ hosts: [host], ...tls }] });
    const told = parts.followDrift(anIntent({ drift: 'accept', tls }));
    await told.until('.spec.ingressClassName by kubectl-edit');
  });

  it('does not give shares away with accept', async () => {
    const other = { ...backend, name: 'v2' };
    const backends = [backend, other].map((each) => ({ backend: each, share: 5_000 }));
    await parts.apply({ drift: 'accept', backends });
    await user.edit('ingress', 'leaf-test', { spec: { rules: [{ host: 'elsewhere.example.test' }] } });
    expect(await refusal(parts.apply({ drift: 'accept', backends }))).toMatchObject({ reason: 'FieldConflict' });
  });

  it('is removed, which is told once it is no mistake, and made again', async () => {
    await parts.apply();
    const told = parts.followDrift(anIntent());
    await told.until('none');
    await user.remove('ingress', 'leaf-test');
    expect(await told.until('removed')).toEqual([{ path: '', wanted: 'the object', found: 'nothing' }]);
    await parts.apply();
    await told.until('none');
  });

  it('says nothing of a write that it has not been told of yet', async () => {
    await parts.apply();
    const told = parts.followDrift(anIntent());
    await told.until('none');
    await parts.apply({ leaf: { kind: 'Ingress', className: 'other' } });
    await parts.apply();
    await user.edit('ingress', 'leaf-test', { metadata: { labels: { 'app.kubernetes.io/managed-by': 'nobody' } } });
    await told.until('.metadata.labels[app.kubernetes.io/managed-by] by kubectl-edit');
    expect(told.words).toHaveLength(2);
  });

  it('is left alone for good when its label is taken away, and says so', async () => {
    await parts.apply();
    const readiness = parts.follow();
    const told = parts.followDrift(anIntent());
    await Promise.all([readiness.until('ready'), told.until('none')]);
    await user.edit('ingress', 'leaf-test', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
    const verdict = await readiness.until('notReady NotLabelled');
    expect(verdict).toMatchObject({
      message: expect.stringContaining('app.kubernetes.io/managed-by=sluice was taken away'),
    });
    await told.until('.metadata.labels[app.kubernetes.io/managed-by]');

    const before = await user.versionOf('ingress', 'leaf-test');
    expect(await refusal(parts.apply())).toMatchObject({ reason: 'NotLabelled', retryable: false });
    await parts.remove();
    expect(await user.versionOf('ingress', 'leaf-test')).toBe(before);
  });
});

describe('an object of somebody else', () => {
  const foreign = (kind: string, apiVersion: string, more: object) => ({
    apiVersion,
    kind,
    metadata: { namespace: 'default', name: 'leaf-test' },
    ...more,
  });
  const rule = { backend: { service: { name: 'shop', port: { number: 8001 } } } };
  const objects = [
    foreign('Ingress', 'networking.k8s.io/v1', { spec: { ingressClassName: 'nobody', defaultBackend: rule.backend } }),
    foreign('HTTPRoute', 'gateway.networking.k8s.io/v1', { spec: { hostnames: ['foreign.example.test'] } }),
    foreign('Gateway', 'gateway.networking.k8s.io/v1', {
      spec: { gatewayClassName: 'nobody', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    }),
    foreign('Service', 'v1', { spec: { type: 'ExternalName', externalName: 'example.test' } }),
  ];
  const kinds = ['Ingress', 'HTTPRoute', 'Gateway'] as const;

  it('is never written or removed, whatever its kind, with any policy', async () => {
    await user.create(...objects);
    const versions = () => Promise.all(objects.map(({ kind }) => user.versionOf(kind, 'leaf-test')));
    const before = await versions();
    try {
      for (const kind of kinds) {
        const leaf =
          kind === 'Ingress'
            ? ({ kind } as const)
            : ({ kind: 'HTTPRoute', gateway: { kind: 'own', className: 'nobody' } } as const);
        for (const drift of ['takeBack', 'hold', 'accept'] as const) {
          const error = await refusal(parts.apply({ ref: aRef(kind), leaf, drift }));
          expect(error).toMatchObject({ reason: 'NotOurs', retryable: false });
        }
        await parts.remove(aRef(kind));
      }
      await parts.remove(aRef('Service'));
      expect(await versions()).toEqual(before);
    } finally {
      for (const { kind } of objects) await user.remove(kind, 'leaf-test');
    }
  });
});
