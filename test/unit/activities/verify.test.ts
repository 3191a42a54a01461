import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Verified } from '../../../src/activities/types.ts';
import { verifyActivities } from '../../../src/activities/verify.ts';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { ReadinessTarget } from '../../../src/planes/leaf/leaf.ts';
import { createLeafPlane } from '../../../src/planes/leaf/leaf-plane.ts';
import type { Verification } from '../../../src/spec/rollout-types.ts';
import type { Observed } from '../../../src/workflows/messages.ts';
import { MisbehavingApiServer } from '../kubernetes/misbehaving-api-server.ts';
import { aTarget } from '../leaf/builders.ts';
import { SELF_SIGNED } from '../lib/self-signed.ts';
import { asActivity } from './activity-context.ts';

const log = createLog({ level: 'silent', name: 'test' });
const VERIFICATION: Verification = {
  path: '/ready?deep',
  statuses: [{ from: 200, to: 299 }],
  count: 5,
  maxFailures: 1,
  timeoutSeconds: 15,
};

const servers: Server[] = [];
let registry: ReturnType<typeof createClusterRegistry>;
let api: MisbehavingApiServer;
beforeEach(async () => {
  api = await new MisbehavingApiServer().start();
  registry = createClusterRegistry({ log });
});
afterEach(async () => {
  registry.close();
  await api.stop();
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      server.close();
      return once(server, 'close');
    }),
  );
});

/** A gateway on a loopback address, and what it was asked. */
async function aGateway(answer: RequestListener, { address = '127.0.0.1', port = 0, tls = false } = {}) {
  const asked: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request);
    answer(request, response);
  };
  const server = tls ? createTlsServer(SELF_SIGNED, listener) : createServer(listener);
  servers.push(server);
  server.listen(port, address);
  await once(server, 'listening');
  return { asked, port: (server.address() as AddressInfo).port }; // it listens on TCP
}

const status =
  (code: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(code).end();

function register(gateway: object): void {
  const config = api.config();
  registry.set('config', [{ ...config, gateway: { ...config.gateway, ...gateway } }]);
}

function verifyAll(targets: readonly ReadinessTarget[], overrides: Partial<Verification> = {}) {
  const said: Observed[] = [];
  const { verifyBackends } = verifyActivities({
    leaves: createLeafPlane({ registry, log }),
    report: async (_id, observed) => void said.push(observed),
  });
  let verified: readonly Verified[] = [];
  const activity = asActivity({}, async () => {
    verified = await verifyBackends({ watch: 'one', verification: { ...VERIFICATION, ...overrides }, targets });
  });
  return { said, activity, verified: async () => ((await activity.ended) === 'completed' ? verified : undefined) };
}

const at = (overrides: Partial<ReadinessTarget> = {}) => aTarget({ lastAddresses: ['127.0.0.1'], ...overrides });

describe('a verification', () => {
  it('asks for its path with the hostname, as often as it says, at the port of the gateway, and passes', async () => {
    const { asked, port } = await aGateway(status(204));
    register({ httpPort: port });
    const { verified, said } = verifyAll([at()]);
    expect(await verified()).toEqual([
      {
        backend: at().backend,
        kind: 'passed',
        requests: 5,
        failures: 0,
        message: 'v1 in east: 0 of 5 requests for /ready?deep failed, allowed is 1',
      },
    ]);
    expect(asked.map(({ url, headers }) => [url, headers.host])).toEqual(
      Array.from({ length: 5 }, () => ['/ready?deep', 'shop.example.test']),
    );
    expect(said).toEqual([]);
  });

  it('passes with as many failures as are allowed, and says the first', async () => {
    let requests = 0;
    const { port } = await aGateway((_, response) => void response.writeHead((requests += 1) === 2 ? 503 : 200).end());
    register({ httpPort: port });
    const { verified, said } = verifyAll([at()]);
    expect(await verified()).toMatchObject([
      {
        kind: 'passed',
        requests: 5,
        failures: 1,
        message: expect.stringContaining('; the first: GET http://127.0.0.1:'),
      },
    ]);
    expect(said).toMatchObject([{ waitsFor: expect.stringContaining('answered 503') }]);
  });

  it('fails with one more, and asks no further', async () => {
    const { asked, port } = await aGateway(status(302));
    register({ httpPort: port });
    const [one] = (await verifyAll([at()]).verified()) ?? [];
    expect(one).toMatchObject({ kind: 'failed', requests: 2, failures: 2 });
    expect(one?.message).toContain('answered 302 Found, wanted is 200-299');
    expect(asked).toHaveLength(2);
  });

  it('asks the addresses of a backend in turn, at its own port', async () => {
    const first = await aGateway(status(200));
    const second = await aGateway(status(200), { address: '127.0.0.2', port: first.port });
    register({});
    const target = at({ lastAddresses: ['127.0.0.1', '127.0.0.2'], lastPort: first.port });
    expect(await verifyAll([target]).verified()).toMatchObject([{ kind: 'passed', requests: 5 }]);
    expect([first.asked.length, second.asked.length]).toEqual([3, 2]);
  });

  it('names the backend where others are behind the same gateway', async () => {
    const { asked, port } = await aGateway(status(200));
    register({ httpPort: port });
    const gateway = { kind: 'existing', name: 'web' } as const;
    const ref = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
    await verifyAll([at({ shared: true, ref, leaf: { kind: 'HTTPRoute', gateway } })]).verified();
    expect(asked[0]?.headers['sluice-backend']).toBe('v1');
  });

  it('asks by the preview host, and waits until the gateway knows it before it counts', async () => {
    let requests = 0;
    const { asked, port } = await aGateway(
      (_, response) => void response.writeHead((requests += 1) < 3 ? 404 : 200).end(),
    );
    register({ httpPort: port });
    const gateway = { kind: 'existing', name: 'web' } as const;
    const ref = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
    const preview = { host: 'preview.shop.example.test' };
    const target = at({ preview, shared: true, ref, leaf: { kind: 'HTTPRoute', gateway } });
    expect(await verifyAll([target], { maxFailures: 0 }).verified()).toMatchObject([
      { kind: 'passed', requests: 5, failures: 0 },
    ]);
    expect(new Set(asked.map(({ headers }) => headers.host))).toEqual(new Set([preview.host]));
    expect(asked[0]?.headers['sluice-backend']).toBe('v1');
  });

  it('asks a Route by the preview host, which leads to no other backend there', async () => {
    const { asked, port } = await aGateway(status(200));
    register({ httpPort: port });
    const ref = { kind: 'Route', cluster: 'east', namespace: 'default', name: 'shop' } as const;
    const preview = { host: 'preview.shop.example.test' };
    await verifyAll([at({ preview, shared: true, ref, leaf: { kind: 'Route' } })]).verified();
    expect(asked[0]?.headers.host).toBe(preview.host);
  });

  it('asks over TLS where readiness is probed over TLS', async () => {
    const { asked, port } = await aGateway(status(200), { tls: true });
    register({ httpsPort: port });
    const health = { ...at().health, probe: { kind: 'https', path: '/x', statuses: [] } } as const;
    expect(await verifyAll([at({ health })]).verified()).toMatchObject([{ kind: 'passed' }]);
    expect(asked[0]?.url).toBe('/ready?deep');
  });

  it('asks for an answer also where readiness is no more than a connection', async () => {
    const { port } = await aGateway(status(500));
    register({ httpPort: port });
    const target = at({ health: { ...at().health, probe: { kind: 'tcp' } } });
    expect(await verifyAll([target]).verified()).toMatchObject([{ kind: 'failed' }]);
  });

  it('asks all backends at once, the requests to one in turn', async () => {
    const open: (() => void)[] = [];
    let mostOpen = 0;
    const { asked, port } = await aGateway((_, response) => {
      open.push(() => response.writeHead(200).end());
      mostOpen = Math.max(mostOpen, open.length);
      if (open.length === 2) for (const end of open.splice(0)) end();
    });
    register({ httpPort: port });
    const other = { ...at().of, name: 'v2', namespace: 'next' };
    const { verified } = verifyAll([at(), at({ of: other, backend: backendId(other) })], {});
    expect(await verified()).toMatchObject([{ kind: 'passed' }, { kind: 'passed', backend: backendId(other) }]);
    expect([asked.length, mostOpen]).toEqual([10, 2]);
  });

  it('takes a gateway that does not answer in time for a failure', async () => {
    const { port } = await aGateway(() => undefined);
    register({ httpPort: port });
    const { verified } = verifyAll([at()], { timeoutSeconds: 0.1, maxFailures: 0 });
    expect(await verified()).toMatchObject([
      { kind: 'failed', requests: 1, message: expect.stringContaining('gave no whole answer within 0.1 s') },
    ]);
  });

  it('fails for a backend without an address, and in a cluster that is not registered', async () => {
    expect(await verifyAll([at({ lastAddresses: [] })]).verified()).toMatchObject([
      { kind: 'failed', requests: 0, message: 'v1 in east was asked nothing: its gateway has no address' },
    ]);
    expect(await verifyAll([at()]).verified()).toMatchObject([
      { kind: 'failed', message: expect.stringContaining('no cluster of that name is registered') },
    ]);
  });

  it('ends when it is cancelled, with no verdict', async () => {
    const { asked, port } = await aGateway(() => undefined);
    register({ httpPort: port });
    const { activity, verified } = verifyAll([at()], { timeoutSeconds: 30 });
    while (asked.length === 0) await new Promise(setImmediate);
    await activity.cancel();
    expect(await activity.ended).toBe('cancelled');
    expect(await verified()).toBeUndefined();
  });
});
