import { afterEach, describe, expect, it } from 'vitest';
import type { GlobalIngress, Target } from '../../../../src/plan/global-ingress.ts';
import {
  HealthMonitor,
  type HealthMonitorOptions,
  type ProbedAddress,
} from '../../../../src/planes/dns/health/monitor.ts';
import { until } from '../../../support/until.ts';
import { aCheck, aState, aTarget, HOST, startGateway } from './builders.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function gatewayAt(address: string, port?: number) {
  const gateway = await startGateway(address, port);
  stops.push(() => gateway.stop());
  return gateway;
}

/** A monitor that asks one port, and of which hosts it told a change. */
function monitorAt(port: number, options: Partial<HealthMonitorOptions> = {}) {
  const changes: string[] = [];
  const onChange = (host: string): void => void changes.push(host);
  const addressesOf = (target: Target) => target.addresses;
  const monitor = new HealthMonitor({ onChange, addressesOf, gatewayPort: () => port, ...options });
  stops.push(() => monitor.stop());
  return { monitor, changes };
}

function find(monitor: HealthMonitor, cluster: string): ProbedAddress {
  const found = monitor.snapshot().find((one) => one.cluster === cluster);
  if (!found) throw new Error(`${cluster} is not probed`);
  return found;
}

async function untilKind(monitor: HealthMonitor, cluster: string, kind: ProbedAddress['kind']): Promise<void> {
  const what = `${cluster} is ${kind}`;
  await until(() => (find(monitor, cluster).kind === kind ? true : undefined), { what, timeoutMs: 15_000 });
}

const QUICK = aCheck({ intervalSeconds: 0.2, timeoutSeconds: 0.1 });

function kindsOf(monitor: HealthMonitor, state: GlobalIngress): readonly string[] {
  return monitor.serve(state).targets.map(({ health }) => health.kind);
}

describe('the health monitor', () => {
  it('asks a target that has a port of its own there, and at another one when that changes', async () => {
    const east = await gatewayAt('127.0.0.1');
    const moved = await gatewayAt('127.0.0.1');
    const at = (port: number): GlobalIngress =>
      aState([{ ...aTarget('east', 10_000, ['127.0.0.1']), port }], { health: QUICK });
    const { monitor } = monitorAt(1);
    monitor.keep([at(east.port)]);
    await untilKind(monitor, 'east', 'up');
    east.stop();
    await untilKind(monitor, 'east', 'down');
    monitor.keep([at(moved.port)]);
    await untilKind(monitor, 'east', 'up');
  });

  it('knows nothing of a cluster while nobody knows the port of its gateways, and asks there once it is known', async () => {
    const east = await gatewayAt('127.0.0.1');
    const state = aState([aTarget('east', 10_000, ['127.0.0.1'])], { health: QUICK });
    const known: { port?: number } = {};
    const { monitor } = monitorAt(1, { gatewayPort: () => known.port });
    monitor.keep([state]);
    await until(() => (find(monitor, 'east').lastProbeAt === null ? undefined : true), { what: 'it tried' });
    expect(find(monitor, 'east').kind).toBe('unknown');
    known.port = east.port;
    await untilKind(monitor, 'east', 'up');
    known.port = 1;
    await untilKind(monitor, 'east', 'down');
  });

  it('finds out which clusters serve, those without traffic too, and asks each for the hostname', async () => {
    const east = await gatewayAt('127.0.0.1');
    const west = await gatewayAt('127.0.0.2', east.port);
    west.answer = (_, response) => response.writeHead(500).end();
    const state = aState([aTarget('east', 10_000, ['127.0.0.1']), aTarget('west', 0, ['127.0.0.2'])], {
      health: QUICK,
    });
    const { monitor, changes } = monitorAt(east.port);
    monitor.keep([state]);
    expect(kindsOf(monitor, state)).toEqual(['unknown', 'unknown']);
    await untilKind(monitor, 'east', 'up');
    await untilKind(monitor, 'west', 'down');
    expect(monitor.serve(state)).toMatchObject({
      failsOpen: false,
      targets: [
        { health: { kind: 'up' } },
        { health: { kind: 'down', message: expect.stringContaining('answered 500') } },
      ],
    });
    expect(changes).toEqual([HOST, HOST]);
    expect(new Set([...east.asked, ...west.asked])).toEqual(new Set([HOST]));
    expect(find(monitor, 'west').lastProbeAt).toBeGreaterThan(find(monitor, 'west').since - 1);
  });

  it('goes on from what an earlier process knew to be down, until a probe passes', async () => {
    const west = await gatewayAt('127.0.0.2');
    west.answer = (_, response) => response.writeHead(500).end();
    const target = aTarget('west', 10_000, ['127.0.0.2']);
    const state = aState([target, aTarget('east', 10_000, ['127.0.0.3'])], { health: QUICK });
    const down = { host: HOST, cluster: 'west', address: '127.0.0.2', since: 1_700_000_000_000, message: 'refused' };
    const { monitor, changes } = monitorAt(west.port, { remembered: [down] });
    monitor.keep([state]);
    expect(monitor.serve(state).targets[0]?.health).toEqual({ kind: 'down', since: down.since, message: 'refused' });
    expect(kindsOf(monitor, state)).toEqual(['down', 'unknown']);
    west.answer = (_, response) => response.writeHead(200).end();
    await untilKind(monitor, 'west', 'up');
    expect(changes).toContain(HOST);
  });

  it.each<[string, number, (gateway: Awaited<ReturnType<typeof gatewayAt>>) => void]>([
    ['stopped', 0.4, (gateway) => gateway.stop()],
    ['hanging', 0.4, (gateway) => void (gateway.answer = () => {})],
    ['hanging, with the longest time-out', 0.5, (gateway) => void (gateway.answer = () => {})],
    ['answering 500', 0.4, (gateway) => void (gateway.answer = (_, response) => response.writeHead(500).end())],
    ['sending garbage', 0.4, (gateway) => void (gateway.answer = ({ socket }) => socket.write('\u0000\u0001\r\n'))],
    ['sending half a head', 0.4, (gateway) => void (gateway.answer = ({ socket }) => socket.write('HTTP/1.1 20'))],
  ])('sees that a gateway is %s', async (_name, timeoutSeconds, breakIt) => {
    const gateway = await gatewayAt('127.0.0.1');
    const health = aCheck({ intervalSeconds: 0.5, timeoutSeconds });
    const { monitor } = monitorAt(gateway.port);
    monitor.keep([aState([aTarget('east', 10_000, ['127.0.0.1'])], { health })]);
    await untilKind(monitor, 'east', 'up');
    breakIt(gateway);
    // How soon is for the prober's tests, which have a clock of their own.
    await untilKind(monitor, 'east', 'down');
  });

  it('brings a gateway back by its own threshold', async () => {
    const gateway = await gatewayAt('127.0.0.1');
    gateway.answer = (_, response) => response.writeHead(503).end();
    const { monitor } = monitorAt(gateway.port);
    monitor.keep([aState([aTarget('east', 10_000, ['127.0.0.1'])], { health: { ...QUICK, healthyThreshold: 3 } })]);
    await untilKind(monitor, 'east', 'down');
    const asked = gateway.asked.length;
    gateway.answer = (_, response) => response.end();
    await untilKind(monitor, 'east', 'up');
    expect(gateway.asked.length - asked).toBeGreaterThanOrEqual(3);
  });

  it('keeps what it knows over revisions, and goes on with the new check', async () => {
    const gateway = await gatewayAt('127.0.0.1');
    const { monitor, changes } = monitorAt(gateway.port);
    const first = aState([aTarget('east', 10_000, ['127.0.0.1'])], { health: QUICK });
    monitor.keep([first]);
    await untilKind(monitor, 'east', 'up');
    const probe = {
      kind: 'http',
      path: '/',
      hostHeader: 'other.example.test',
      statuses: [{ from: 200, to: 200 }],
    } as const;
    const second = { ...first, revision: 2, health: { ...QUICK, probe } };
    monitor.keep([second]);
    expect(kindsOf(monitor, second)).toEqual(['up']);
    await until(() => (gateway.asked.includes('other.example.test') ? true : undefined), { what: 'the new probe' });
    const asked = gateway.asked.lastIndexOf(HOST);
    expect(gateway.asked.slice(asked + 1).every((host) => host === 'other.example.test')).toBe(true);
    expect(changes).toHaveLength(1);
  });

  it('follows the addresses of a load balancer when told', async () => {
    const gateway = await gatewayAt('127.0.0.2');
    let addresses = ['127.0.0.3'];
    const { monitor } = monitorAt(gateway.port, { addressesOf: () => addresses });
    const state = aState([aTarget('east', 10_000, [])], { health: QUICK });
    monitor.keep([state]);
    expect(monitor.snapshot().map(({ address }) => address)).toEqual(['127.0.0.3']);
    addresses = ['127.0.0.2'];
    monitor.refresh(HOST);
    await untilKind(monitor, 'east', 'up');
    expect(monitor.snapshot().map(({ address }) => address)).toEqual(['127.0.0.2']);
    expect(monitor.serve(state).targets).toMatchObject([{ addresses: ['127.0.0.2'], health: { kind: 'up' } }]);
  });

  it('takes what it cannot try for unknown, and does not say that it is down', async () => {
    const { monitor, changes } = monitorAt(80);
    monitor.keep([aState([aTarget('east', 10_000, ['255.255.255.255'])], { health: QUICK })]);
    const tried = (): true | undefined =>
      find(monitor, 'east').message.includes('could not be tried') ? true : undefined;
    await until(tried, { what: 'a probe that cannot be tried' });
    expect(find(monitor, 'east').kind).toBe('unknown');
    expect(changes).toEqual([]);
  });

  it('probes nothing without a health check, nor what it is not to keep', async () => {
    const gateway = await gatewayAt('127.0.0.1');
    const { monitor } = monitorAt(gateway.port);
    const state = aState([aTarget('east', 10_000, ['127.0.0.1'])], { health: QUICK });
    monitor.keep([state]);
    await untilKind(monitor, 'east', 'up');
    const unprobed = { ...state, health: null };
    monitor.keep([unprobed]);
    expect(monitor.snapshot()).toEqual([]);
    expect(monitor.serve(unprobed).targets).toMatchObject([{ health: { kind: 'unknown', message: 'not probed' } }]);
    monitor.keep([state, aState([], { host: 'other.example.test' })]);
    monitor.keep([]);
    expect(monitor.snapshot()).toEqual([]);
  });
});
