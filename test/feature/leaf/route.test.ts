import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Leaf } from '../../../src/spec/types.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { until } from '../../support/until.ts';
import { User } from '../../support/user.ts';
import { anIntent, aRef, backend, east, host, Parts } from './parts.ts';

/** Real API server and definition; the router of OpenShift is played by hand. */
const user = new User('east');
const leaf: Leaf = { kind: 'Route' };
const ref = aRef('Route');
const address = '127.0.56.7';
const v2 = {
  ...backend,
  name: 'v2',
  routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop-v2', port: 8002 } }],
} as const;

let parts: Parts;
let server: Server;
const asked: (string | undefined)[] = [];
beforeAll(async () => {
  const { route } = testPlayground().definitions;
  await kubectl(['apply', '-f', '-'], { kubeconfig: east.adminKubeconfig, input: readFileSync(route, 'utf8') });
  await until(() => user.get('routes.route.openshift.io', 'leaf-test').then(() => true), { what: 'Routes are served' });
  server = createServer(({ headers }, response) => {
    asked.push(headers.host);
    response.end();
  }).listen(east.httpPort, address);
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await user.remove('crd', 'routes.route.openshift.io');
});
beforeEach(() => {
  parts = new Parts();
});
afterEach(async () => {
  parts[Symbol.dispose]();
  await user.remove('routes.route.openshift.io', 'leaf-test');
});

const admitted = (status: 'True' | 'False') => ({
  ingress: [
    {
      host,
      routerName: 'default',
      routerCanonicalHostname: address,
      conditions: [{ type: 'Admitted', status, reason: 'HostAlreadyClaimed', message: 'somebody has it' }],
    },
  ],
});

describe('an OpenShift Route', () => {
  it('is ready when a router has admitted it, and each of its backends is probed by a host of its own', async () => {
    const backends = [
      { backend, share: 7_000 },
      { backend: v2, share: 3_000 },
    ];
    await parts.apply({ ref, leaf, backends });
    const told = parts.follow({ ref, leaf, of: v2, shared: true });
    const drift = parts.followDrift(anIntent({ ref, leaf, backends }));
    await told.until('notReady RouteNotObserved');
    await user.writeStatus('routes.route.openshift.io', 'leaf-test', admitted('False'));
    const refused = await told.until('notReady RouteNotAdmitted');
    expect(refused).toMatchObject({ message: expect.stringContaining('HostAlreadyClaimed (somebody has it)') });
    await user.writeStatus('routes.route.openshift.io', 'leaf-test', admitted('True'));
    expect(await told.until('ready')).toMatchObject({ addresses: [address] });
    expect(new Set(asked)).toEqual(new Set([`v2.east.${host}`]));

    await drift.until('none');
    await user.edit('routes.route.openshift.io', 'leaf-test', { spec: { to: { weight: 1 } } });
    await drift.until('.spec.to.weight by kubectl-edit');
    await parts.apply({ ref, leaf, backends });
    await drift.until('none');
  });
});
