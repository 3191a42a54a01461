import { beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '../../../src/hub/resources/definitions.ts';
import { KubernetesError } from '../../../src/lib/kubernetes/errors.ts';
import { conditionAt } from '../../../src/lib/kubernetes/fields.ts';
import { createObject, deleteObject, getObject } from '../../../src/lib/kubernetes/requests.ts';
import { CUSTOM_RESOURCE_DEFINITION, FEDERATED_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { parse } from '../../../src/spec/parse.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { installInHub, openHub, uniqueName } from './open-hub.ts';

const NEVER = new AbortController().signal;
const admin = () => openHub(testPlayground().hub.adminKubeconfig).hub;

beforeAll(installInHub);

describe('the definitions in a real API server', () => {
  it.each(customResourceDefinitions().map(({ metadata }) => metadata.name))(
    '%s is established and structural',
    async (name) => {
      const ref = { resource: CUSTOM_RESOURCE_DEFINITION, name };
      const found = await getObject(admin(), ref, { signal: NEVER });
      expect(conditionAt(found, 'Established', 'status', 'conditions')?.status).toBe('True');
      expect(conditionAt(found, 'NonStructuralSchema', 'status', 'conditions')).toBeUndefined();
    },
  );

  it('have the rights of a person who installs them, and not of Sluice itself', async () => {
    const ref = { resource: CUSTOM_RESOURCE_DEFINITION, name: 'clusters.sluice.dev' };
    await expect(getObject(openHub().hub, ref, { signal: NEVER })).rejects.toThrow(/forbidden/);
  });
});

const service = { name: 'shop', port: 80 };
const v1 = { name: 'v1', cluster: 'east', service, weight: 1 };
const v2 = { name: 'v2', cluster: 'west', service, weight: 1 };
const BASE = { host: 'shop.example.test', leaf: { kind: 'Ingress' }, backends: [v1, v2] };
const placed = { name: 'web', service, clusterSelector: {} };
const canary = (...steps: readonly object[]) => ({ strategy: { canary: { steps } } });

/** Documents that the schema alone can judge: the API server has to come to the verdict of `parse`. */
const TABLE: readonly [title: string, spec: object, verdict: 'good' | 'bad'][] = [
  ['the least', BASE, 'good'],
  ['a canary', { ...BASE, ...canary({ setWeight: 10 }, { pause: {} }, { pause: { duration: '10m' } }) }, 'good'],
  ['blue/green', { ...BASE, strategy: { blueGreen: { hold: {}, keepOld: '1h' } } }, 'good'],
  [
    'a selector',
    { ...BASE, backends: [{ ...placed, clusterWeights: [{ matchLabels: { a: 'b' }, weight: 3 }], weight: 1 }] },
    'good',
  ],
  ['an HTTPRoute of its own Gateway', { ...BASE, leaf: { kind: 'HTTPRoute', className: 'contour' } }, 'good'],
  [
    'an HTTPRoute with two backends in a cluster',
    {
      ...BASE,
      leaf: { kind: 'HTTPRoute', gateway: { name: 'g' } },
      backends: [v1, { ...v2, cluster: 'east', service: { name: 'shop-v2', port: 80 } }],
    },
    'good',
  ],
  ['a Service that is made', { ...BASE, leaf: { kind: 'Service', type: 'NodePort' } }, 'good'],
  ['failover', { ...BASE, routing: { failover: { clusters: ['east', 'west'] } } }, 'good'],
  ['a health check by TCP', { ...BASE, health: { tcp: {}, timeout: '1s' } }, 'good'],
  ['TLS', { ...BASE, tls: { secretName: 'shop-tls', from: 'hub' } }, 'good'],
  ['a preview', { ...BASE, preview: {} }, 'good'],
  ['a preview under a name', { ...BASE, preview: { host: 'new.example.test' } }, 'good'],
  ['a preview that is the host', { ...BASE, preview: { host: 'shop.example.test' } }, 'bad'],
  ['a preview that is no hostname', { ...BASE, preview: { host: 'shop' } }, 'bad'],
  [
    'a Route with a preview and a backend of that name',
    { ...BASE, preview: {}, leaf: { kind: 'Route' }, backends: [{ ...v1, name: 'preview' }] },
    'bad',
  ],
  ['waves', { ...BASE, ...canary({ setWeight: 25, clusters: ['east'] }, { verify: {} }, { setWeight: 25 }) }, 'good'],
  [
    'a verification with everything',
    {
      ...BASE,
      strategy: {
        blueGreen: {
          verify: { path: '/up', count: 20, maxFailures: 1, timeout: '2s', statuses: ['200-299'] },
          hold: {},
        },
      },
    },
    'good',
  ],
  [
    'everything that a rollout may do',
    {
      ...BASE,
      rollout: {
        onFailure: 'hold',
        rollback: { byEndpoints: {} },
        maxFailedClusters: 1,
        unreachable: { goOn: {} },
        onChange: 'amend',
        start: { incumbentBroken: { reason: 'v1 answers 500' } },
        rollbackWindow: '0s',
        leaves: { within: '2m', otherwise: 'goOn' },
        planes: { within: '30s', otherwise: 'goOn' },
        measured: { tolerance: 10, within: '5m', otherwise: 'goOn' },
      },
    },
    'good',
  ],
  ['a TTL for rollouts', { ...BASE, dns: { ttl: '5m', rolloutTtl: '10s' } }, 'good'],
  ['no host', { ...BASE, host: undefined }, 'bad'],
  ['a host that is no hostname', { ...BASE, host: 'Shop' }, 'bad'],
  ['no backends', { ...BASE, backends: [] }, 'bad'],
  ['a weight that is no whole number', { ...BASE, backends: [{ ...v1, weight: 0.5 }] }, 'bad'],
  ['a weight below 0', { ...BASE, backends: [{ ...v1, weight: -1 }] }, 'bad'],
  ['only weights of 0', { ...BASE, backends: [{ ...v1, weight: 0 }] }, 'bad'],
  ['a weight on one backend only', { ...BASE, backends: [v1, { ...v2, weight: undefined }] }, 'bad'],
  ['two backends of one name', { ...BASE, backends: [v1, { ...v2, name: 'v1' }] }, 'bad'],
  [
    'two backends in one cluster of a kind that cannot split',
    { ...BASE, backends: [v1, { ...v2, cluster: 'east', service: { name: 'o', port: 1 } }] },
    'bad',
  ],
  ['cluster and clusterSelector', { ...BASE, backends: [{ ...v1, clusterSelector: {} }] }, 'bad'],
  ['neither cluster nor clusterSelector', { ...BASE, backends: [{ name: 'v1', service }] }, 'bad'],
  ['neither service nor routes', { ...BASE, backends: [{ name: 'v1', cluster: 'east' }] }, 'bad'],
  ['an unknown kind of leaf', { ...BASE, leaf: { kind: 'Pod' } }, 'bad'],
  ['a Gateway for an Ingress', { ...BASE, leaf: { kind: 'Ingress', gateway: { name: 'g' } } }, 'bad'],
  ['an HTTPRoute without Gateway and class', { ...BASE, leaf: { kind: 'HTTPRoute' } }, 'bad'],
  ['a strategy of two kinds', { ...BASE, strategy: { direct: {}, canary: { steps: [{ setWeight: 10 }] } } }, 'bad'],
  ['a strategy of no kind', { ...BASE, strategy: {} }, 'bad'],
  ['a step with two things', { ...BASE, ...canary({ setWeight: 10, pause: {} }) }, 'bad'],
  ['a step with nothing', { ...BASE, ...canary({}) }, 'bad'],
  ['a pause of clusters', { ...BASE, ...canary({ pause: {}, clusters: ['east'] }) }, 'bad'],
  ['a step of clusters only', { ...BASE, ...canary({ clusters: ['east'] }) }, 'bad'],
  ['a cluster twice in a step', { ...BASE, ...canary({ setWeight: 5, clusters: ['east', 'east'] }) }, 'bad'],
  ['a step that shifts and verifies', { ...BASE, ...canary({ setWeight: 10, verify: {} }) }, 'bad'],
  ['a verification that cannot fail', { ...BASE, ...canary({ verify: { count: 5, maxFailures: 5 } }) }, 'bad'],
  ['the same in blue/green', { ...BASE, strategy: { blueGreen: { verify: { maxFailures: 10 } } } }, 'bad'],
  ['two ways with clusters that are away', { ...BASE, rollout: { unreachable: { wait: {}, goOn: {} } } }, 'bad'],
  ['two ways back', { ...BASE, rollout: { rollback: { atOnce: {}, byEndpoints: {} } } }, 'bad'],
  ['no way back', { ...BASE, rollout: { rollback: {} } }, 'bad'],
  ['no way with clusters that are away', { ...BASE, rollout: { unreachable: {} } }, 'bad'],
  ['no reason', { ...BASE, rollout: { start: { incumbentBroken: { reason: ' ' } } } }, 'bad'],
  ['a time for planes in words', { ...BASE, rollout: { planes: { within: 'soon' } } }, 'bad'],
  ['another way with leaves', { ...BASE, rollout: { leaves: { otherwise: 'hold' } } }, 'bad'],
  ['a tolerance of 0', { ...BASE, rollout: { measured: { tolerance: 0 } } }, 'bad'],
  ['a TTL for rollouts that is longer', { ...BASE, dns: { ttl: '30s', rolloutTtl: '1m' } }, 'bad'],
  ['a weight of 101 %', { ...BASE, ...canary({ setWeight: 101 }) }, 'bad'],
  ['a duration in words', { ...BASE, ...canary({ pause: { duration: '10 minutes' } }) }, 'bad'],
  [
    'canary steps with failover',
    { ...BASE, ...canary({ setWeight: 10 }), routing: { failover: { clusters: ['east', 'west'] } } },
    'bad',
  ],
  [
    'a cluster twice in the order of a failover',
    { ...BASE, routing: { failover: { clusters: ['east', 'east', 'west'] } } },
    'bad',
  ],
  ['a deadline as short as the TTL', { ...BASE, dns: { ttl: '10m' } }, 'bad'],
  ['two health checks', { ...BASE, health: { http: {}, tcp: {} } }, 'bad'],
  ['a probe that takes longer than its interval', { ...BASE, health: { interval: '1s', timeout: '2s' } }, 'bad'],
  ['an unknown policy for drift', { ...BASE, drift: 'ignore' }, 'bad'],
];

/** What the API server says of an object; undefined when it takes it. The object is removed again. */
async function refusal(spec: object): Promise<string | undefined> {
  const name = uniqueName('doc');
  const ref = { resource: FEDERATED_INGRESS, namespace: 'default', name };
  const { apiVersion, kind } = FEDERATED_INGRESS;
  try {
    const made = await createObject(admin(), ref, {
      manifest: { apiVersion, kind, metadata: { name }, spec },
      signal: NEVER,
    });
    if (made.kind === 'created') await deleteObject(admin(), ref, { uid: made.object.metadata.uid, signal: NEVER });
    return undefined;
  } catch (error) {
    if (error instanceof KubernetesError && error.failure.status === 422) return error.message;
    throw error;
  }
}

describe('the schema of a FederatedIngress', () => {
  it.each(TABLE)('judges as parse does: %s', async (_title, spec, verdict) => {
    const document = { apiVersion: 'sluice.dev/v1alpha1', kind: 'FederatedIngress', metadata: { name: 'doc' }, spec };
    // As JSON has it: fields that are undefined here are not there.
    const parsed = parse(JSON.parse(JSON.stringify(document)));
    expect(parsed.kind).toBe(verdict === 'good' ? 'valid' : 'invalid');
    const said = await refusal(spec);
    if (verdict === 'good') expect(said).toBeUndefined();
    else expect(said).toMatch(/is invalid|Invalid value/);
  });

  it('lets a strategy take the place of none by kubectl apply, and of another one', async () => {
    const name = uniqueName('union');
    const apply = (fields: object) => {
      const object = {
        apiVersion: 'sluice.dev/v1alpha1',
        kind: 'FederatedIngress',
        metadata: { name },
        spec: { ...BASE, ...fields },
      };
      return kubectl(['apply', '-f', '-'], {
        kubeconfig: testPlayground().hub.adminKubeconfig,
        input: JSON.stringify(object),
      });
    };
    for (const fields of [{}, canary({ setWeight: 10 }), { strategy: { blueGreen: {} } }, {}]) {
      expect(await apply(fields)).toMatchObject({ code: 0 });
    }
    const ref = { resource: FEDERATED_INGRESS, namespace: 'default', name };
    const found = await getObject(admin(), ref, { signal: NEVER });
    expect(found?.['spec']).not.toHaveProperty('strategy');
    await deleteObject(admin(), ref, { uid: found?.metadata.uid ?? '', signal: NEVER });
  });

  it('has kubectl refuse a field that it does not know, by name', async () => {
    const object = {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'FederatedIngress',
      metadata: { name: 'typo' },
      spec: { ...BASE, hots: 'x' },
    };
    const input = JSON.stringify(object);
    const said = await kubectl(['apply', '-f', '-'], { kubeconfig: testPlayground().hub.adminKubeconfig, input });
    expect(said.stderr).toContain('unknown field "spec.hots"');
  });
});
