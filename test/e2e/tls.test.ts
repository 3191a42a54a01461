import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getOverTls, selfSigned, type TestCertificate, tlsSecret } from '../support/certificates.ts';
import { clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { everythingSaid } from '../support/everything-said.ts';
import { needs } from '../support/needs.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

const SECRET = 'e2e-tls';
const name = 'secure';
/** What the copies are named in the clusters. */
const COPY = 'secure-sluice-tls';
const hub = new User('hub');

describe.skipIf(!needs('openssl', 'openssl'))('the certificate of a hostname', () => {
  let sluice: TestSluice;
  let first: TestCertificate;
  let second: TestCertificate;
  const host = () => sluice.host('secure');

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'tls', ports: { api: 18_143, dns: 15_343 }, hub: true });
    [first, second] = await Promise.all([selfSigned(host()), selfSigned(host())]);
  });
  afterAll(async () => {
    await clearAndStop(sluice);
    await hub.remove('secret', SECRET);
  });

  /** Whatever becomes of other leaves, a copied certificate follows that of the hub. */
  function apply(backend: typeof V1_EAST, strategy?: unknown) {
    const tls = { secretName: SECRET };
    const backends = [backend];
    return sluice.http.apply(aFederatedIngress({ name, host: host(), backends, tls, drift: 'hold', strategy }), {});
  }

  function over(cluster: string) {
    const { address, httpsPort } = testPlayground().cluster(cluster);
    return getOverTls(address, httpsPort, host());
  }

  /** Waits until the gateway of a cluster shows this certificate. */
  async function untilShown(cluster: string, { fingerprint }: TestCertificate): Promise<void> {
    const isShown = async () => ((await over(cluster)).fingerprint === fingerprint ? true : undefined);
    await until(isShown, { what: `${cluster} shows the certificate` });
  }

  const source = async () => (await hub.get('secret', SECRET))?.['data'];
  const copyIn = async (cluster: string) => (await new User(cluster).get('secret', COPY))?.['data'];

  it('is waited for: without it the leaf is not ready, and says so', async () => {
    await apply(V1_EAST);
    const { state } = await sluice.untilStatus(name, 'the certificate is missed', ({ message }) => {
      return message.includes(`Secret default/${SECRET} of the hub, which does not exist`);
    });
    expect(state).toBe('Progressing');
    expect((await sluice.dig.ask(host())).values).toEqual([]);
    expect(await new User('east').get('ingress', name)).toBeUndefined();
  });

  it('is copied as soon as it is there, and the real gateway shows it', async () => {
    await hub.create(tlsSecret(SECRET, first));
    const { backends } = await sluice.untilStatus(name, 'Ready', ({ state }) => state === 'Ready');
    expect(backends).toMatchObject([{ certificate: { kind: 'current', fingerprint: first.fingerprint } }]);
    expect(await copyIn('east')).toEqual(await source());
    await untilShown('east', first);
    expect((await over('east')).body).toContain('v1 east');
    expect((await sluice.dig.ask(host())).values).toEqual([testPlayground().cluster('east').address]);
  });

  it('is in the other cluster before any share rises there', async () => {
    await apply(V2_WEST, { canary: { steps: [{ pause: {} }, { setWeight: 50 }, { pause: {} }] } });
    const { backends } = await sluice.untilStatus(name, 'before the first share', ({ state }) => state === 'Paused');
    expect(backends.find(({ cluster }) => cluster === 'west')).toMatchObject({
      shareInForce: 0,
      certificate: { kind: 'current', fingerprint: first.fingerprint },
    });
    await untilShown('west', first);
    expect((await over('west')).body).toContain('v2 west');
    await sluice.http.steer('promote', 'default', name, {});
    await sluice.untilStatus(name, 'a half', ({ state, backends: [east] }) => {
      return state === 'Paused' && east?.shareInForce === 5_000;
    });
  });

  it('is renewed everywhere when it is renewed in the hub', async () => {
    await hub.create(tlsSecret(SECRET, second));
    const began = performance.now();
    await Promise.all([untilShown('east', second), untilShown('west', second)]);
    console.info(`a renewed certificate is shown in both clusters after ${Math.round(performance.now() - began)} ms`);
    const { backends } = await sluice.untilStatus(name, 'renewed', (status) => {
      return status.backends.every(({ certificate }) => certificate?.fingerprint === second.fingerprint);
    });
    expect(backends.map(({ readiness }) => readiness)).toEqual(['Ready', 'Ready']);
  });

  it('is copied again when a copy is removed by hand, or written over', async () => {
    const wanted = await source();
    const untilBack = () => {
      const isBack = async () => (isDeepStrictEqual(await copyIn('west'), wanted) ? true : undefined);
      return until(isBack, { what: 'the copy in west' });
    };
    await new User('west').remove('secret', COPY);
    await untilBack();
    await new User('west').edit('secret', COPY, { data: tlsSecret(COPY, first).data });
    await untilBack();
    await untilShown('west', second);
  });

  it('has a key that no history, status, metric, file or log ever shows', async () => {
    const said = await everythingSaid(sluice, name);
    // So that a search that finds nothing means something.
    for (const known of [SECRET, second.fingerprint, 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED', 'leaf applied']) {
      expect(said.includes(known), known).toBe(true);
    }
    for (const { key } of [first, second]) {
      const encoded = Buffer.from(key).toString('base64');
      const [, line = ''] = key.split('\n');
      expect(line.length).toBeGreaterThan(32);
      for (const secret of [encoded, encoded.slice(40, 90), line]) expect(said.includes(secret)).toBe(false);
    }
    expect(said.includes('PRIVATE KEY')).toBe(false);
  });

  it('is removed where it was copied to, and stays in the hub', async () => {
    const before = await hub.versionOf('secret', SECRET);
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
    for (const cluster of ['east', 'west']) expect(await copyIn(cluster)).toBeUndefined();
    expect(await hub.versionOf('secret', SECRET)).toBe(before);
  });
});
