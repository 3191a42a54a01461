import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, V1_EAST } from '../support/documents.ts';
import { Listeners } from '../support/listeners.ts';
import { otherAddress } from '../support/other-address.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice, usualGateway } from '../support/sluice.ts';
import { StatusWriter } from '../support/status-writer.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

/** The controllers of these classes are the test: it writes the addresses, and a server listens at each of them. */
const CLASS = 'by-hand';
const CHANGES = 20;
const SERVICE_PORT = 8_091;
const east = testPlayground().cluster('east');
const user = new User('east');
const listeners = new Listeners();
const addresses = [otherAddress(east, 10), otherAddress(east, 11)] as const;

describe('a leaf that is reached at another address', () => {
  let sluice: TestSluice;
  const controller = new StatusWriter(east);

  beforeAll(async () => {
    const cluster = (one: typeof east) => ({ gateway: { ...usualGateway(one), cidrs: ['127.0.0.0/8'] } });
    sluice = await TestSluice.start({ name: 'addresses', ports: { api: 18_147, dns: 15_347 }, cluster });
    for (const address of addresses) {
      for (const port of [east.httpPort, SERVICE_PORT]) await listeners.at(address, port, 'here');
    }
    const ports = [{ port: SERVICE_PORT, targetPort: 8_080 }];
    await user.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: 'e2e-moving' },
      spec: { selector: { app: 'e2e-moving' }, ports },
    });
  });
  afterAll(async () => {
    await clearAndStop(sluice);
    await listeners.close();
    await user.remove('service', 'e2e-moving');
  });

  const loadBalancer = (ip: string) => ({ loadBalancer: { ingress: [{ ip }] } });

  it.each([
    {
      kind: 'Ingress',
      leaf: { kind: 'Ingress', className: CLASS },
      move: (name: string, ip: string) => controller.write('Ingress', name, loadBalancer(ip)),
    },
    {
      kind: 'Service',
      leaf: { kind: 'Service', type: 'LoadBalancer' },
      service: { name: 'e2e-moving', port: SERVICE_PORT },
      move: (name: string, ip: string) => controller.write('Service', `${name}-edge`, loadBalancer(ip)),
    },
    {
      kind: 'Gateway',
      leaf: { kind: 'HTTPRoute', className: CLASS },
      move: (name: string, ip: string) => controller.write('Gateway', name, gatewayStatus(ip)),
    },
  ])('is answered with that: $kind', async ({ kind, leaf, service, move }) => {
    const name = `moving-${kind.toLowerCase()}`;
    const backend = service === undefined ? V1_EAST : { ...V1_EAST, service };
    await sluice.http.apply(aFederatedIngress({ name, host: sluice.host(name), leaf, backends: [backend] }), {});
    await untilWritten(kind === 'Service' ? `service/${name}-edge` : `${kind.toLowerCase()}/${name}`);
    if (kind === 'Gateway') {
      await untilWritten(`httproute/${name}`);
      await controller.write('HTTPRoute', name, routeStatus(name));
    }
    await move(name, addresses[1]);
    await sluice.untilStatus(name, 'Ready', ({ state }) => state === 'Ready');
    const took: number[] = [];
    for (let change = 0; change < CHANGES; change += 1)
      took.push(await timeOf(name, move, addresses[change % 2 ? 1 : 0]));
    const sorted = took.toSorted((left, right) => left - right);
    console.info(
      `${CHANGES} changes of the address of a ${kind}, written until answered: p50 ${sorted[CHANGES / 2]} ms, max ${sorted.at(-1)} ms`,
    );
    expect((await sluice.status(name)).state).toBe('Ready');
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
  });

  type Move = (name: string, ip: string) => Promise<void>;

  /** Milliseconds from the end of the write, when the watch event is on its way, to the first answer with the address. */
  async function timeOf(name: string, move: Move, address: string | undefined): Promise<number> {
    if (address === undefined) throw new Error('no address');
    await move(name, address);
    const began = performance.now();
    const answered = async () =>
      (await sluice.dig.ask(sluice.host(name))).values.join() === address ? true : undefined;
    await until(answered, { what: `an answer with ${address}` });
    return Math.round(performance.now() - began);
  }

  async function untilWritten(object: string): Promise<void> {
    const [kind = '', name = ''] = object.split('/');
    await until(async () => ((await user.get(kind, name)) === undefined ? undefined : true), { what: object });
  }
});

function condition(type: string): object {
  const lastTransitionTime = new Date().toISOString();
  return { type, status: 'True', reason: type, message: '', observedGeneration: 1, lastTransitionTime };
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#gatewaystatus */
function gatewayStatus(ip: string): object {
  const conditions = ['Accepted', 'Programmed', 'ResolvedRefs'].map(condition);
  return {
    addresses: [{ type: 'IPAddress', value: ip }],
    conditions,
    listeners: [{ name: 'http', attachedRoutes: 1, supportedKinds: [], conditions }],
  };
}

function routeStatus(gateway: string): object {
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway };
  const conditions = ['Accepted', 'ResolvedRefs'].map(condition);
  return { parents: [{ parentRef, controllerName: 'example.test/by-hand', conditions }] };
}
