import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tlsSecret } from '../support/certificates.ts';
import { clearAndStop } from '../support/clear.ts';
import {
  aFederatedIngress,
  type DocumentOptions,
  HTTP_ROUTE,
  V1_EAST,
  V2_EAST,
  V2_WEST,
} from '../support/documents.ts';
import { foreignObjects } from '../support/foreign-objects.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

const SERVERS = ['hub', ...testPlayground().clusters.map(({ name }) => name)];
const LABELS = { 'app.kubernetes.io/managed-by': 'sluice' };
const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
const east = new User('east');
const hub = new User('hub');
/** That of the hub's API server: any will do. */
const { certificateFile, keyFile } = testPlayground().hub.certificate;
const certificate = { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };

/** What stands in the way or looks like ours, and is not. */
const BAIT = [
  ingress('in-the-way', {}),
  ingress('without-owner', { labels: LABELS }),
  ingress('of-another', { labels: LABELS, annotations: { 'sluice.dev/owner': 'default/somebody-else' } }),
  { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'bait', labels: LABELS }, data: {} },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'bait' }, data: {} },
];

/** Of a class that nobody serves, so that only Sluice could write it. */
function ingress(name: string, metadata: object): object {
  const backend = { service: { name: 'shop', port: { number: 8_001 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata, namespace: 'default', name },
    spec: { ingressClassName: 'nobody', defaultBackend: backend },
  };
}

describe('objects that are not ours', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    await east.create(...BAIT);
    await hub.create(tlsSecret('bait-tls', certificate));
    sluice = await TestSluice.start({ name: 'foreign', ports: { api: 18_146, dns: 15_346 }, hub: true });
  });
  afterAll(async () => {
    await clearAndStop(sluice);
    await east.remove('ingress', 'in-the-way', 'without-owner', 'of-another');
    await east.remove('secret', 'bait');
    await hub.remove('secret', 'bait-tls');
    await east.remove('configmap', 'bait');
  });

  async function apply(name: string, options: Partial<DocumentOptions>): Promise<void> {
    const document = aFederatedIngress({ name, host: sluice.host(name), backends: [V1_EAST], ...options });
    await sluice.http.apply(document, {});
  }

  const untilState = (name: string, wanted: string) =>
    sluice.untilStatus(name, wanted, ({ state, generation, liveGeneration }) => {
      return state === wanted && (wanted !== 'Ready' || generation === liveGeneration);
    });

  /** Apply, somebody's hands, canary, abort, the canary again to its end, delete. */
  async function live(name: string, { kind, ...options }: Partial<DocumentOptions> & { kind: string }): Promise<void> {
    await apply(name, options);
    await untilState(name, 'Ready');
    await east.remove(kind, name);
    await until(async () => ((await east.get(kind, name)) === undefined ? undefined : true), {
      what: `${name} is back`,
    });
    await untilState(name, 'Ready');
    const next = { ...options, backends: [kind === 'ingress' ? V2_WEST : V2_EAST], strategy: CANARY };
    await apply(name, next);
    await untilState(name, 'Paused');
    await sluice.http.steer('abort', 'default', name, {});
    await untilState(name, 'RolledBack');
    await sluice.http.steer('retry', 'default', name, {});
    await untilState(name, 'Paused');
    await sluice.http.steer('promote', 'default', name, {});
    await untilState(name, 'Ready');
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
  }

  it('are watched down to their status: one that we wrote would be seen, that of a controller is its own affair', async () => {
    const before = await foreignObjects(['east']);
    const seen = async (address: string, manager: string) => {
      await east.writeStatus('ingress', 'in-the-way', { loadBalancer: { ingress: [{ ip: address }] } }, manager);
      return changes(before, await foreignObjects(['east']));
    };
    expect(await seen('127.0.0.61', 'a-controller')).toEqual([]);
    expect(await seen('127.0.0.62', 'sluice-anything')).toEqual([
      'east: networking.k8s.io/v1 Ingress default/in-the-way',
    ]);
  });

  it('are the same, one by one, after the whole life of others', async () => {
    const before = await foreignObjects(SERVERS);
    expect(before.size).toBeGreaterThan(50);
    await live('life', { kind: 'ingress', tls: { secretName: 'bait-tls' } });
    await live('life-route', { kind: 'httproute', leaf: HTTP_ROUTE });
    expect(changes(before, await foreignObjects(SERVERS))).toEqual([]);
  });

  it.each(['in-the-way', 'without-owner', 'of-another'])('are not taken for ours: %s', async (name) => {
    const before = await foreignObjects(['east']);
    const version = await east.versionOf('ingress', name);
    await apply(name, {});
    const { message } = await untilState(name, 'Failed');
    expect(message).toMatch(new RegExp(`Ingress default/${name} in cluster east exists already and is left alone`));
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
    expect(await east.versionOf('ingress', name)).toBe(version);
    expect(changes(before, await foreignObjects(['east']))).toEqual([]);
  });

  function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
    const keys = new Set([...before.keys(), ...after.keys()]);
    return [...keys].filter((key) => before.get(key) !== after.get(key));
  }
});
