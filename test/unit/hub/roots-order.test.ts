import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runRootController } from '../../../src/hub/roots.ts';
import type { RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { createLog } from '../../../src/lib/log.ts';
import { until } from '../../support/until.ts';
import { MisbehavingApiServer } from '../kubernetes/misbehaving-api-server.ts';

type Tell = (state: { readonly objects: readonly AnyObject[] }) => void;

const ROOT: AnyObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { namespace: 'default', name: 'web', uid: 'uid-1', resourceVersion: '1' },
  spec: {
    ingressClassName: 'sluice',
    rules: [
      {
        host: 'web.example.test',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
        },
      },
    ],
  },
};

let server: MisbehavingApiServer;
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
});
afterEach(() => server.stop());

it('federates a root that was seen before it was known what is federated already', async () => {
  const told = new Map<string, Tell>();
  const watches = {
    of: ({ resource }: { resource: { kind: string } }) => ({
      followAll: (tell: Tell) => {
        told.set(resource.kind, tell);
        return () => undefined;
      },
    }),
  };
  // All that the controller uses of a hub: requests, and watches that tell what the test says in its order.
  const hub = Object.assign(server.cluster(), { watches }) as unknown as RegisteredCluster;
  const ended = new AbortController();
  const events = { post: () => undefined, close: async () => undefined };
  const running = runRootController({ hub, log: createLog({ level: 'silent', name: 'test' }), events }, ended.signal);

  told.get('Ingress')?.({ objects: [ROOT] });
  await setImmediate();
  expect(server.requests).toEqual([]);
  told.get('FederatedIngress')?.({ objects: [] });
  const made = () => (server.requests.some((one) => /^POST .*federatedingresses/.test(one)) ? true : undefined);
  await until(made, { what: 'a FederatedIngress is made' });
  ended.abort();
  await running;
});
