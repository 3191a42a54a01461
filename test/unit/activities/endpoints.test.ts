import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endpointActivities } from '../../../src/activities/endpoints.ts';
import type { Activities } from '../../../src/activities/types.ts';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import type { Endpoints } from '../../../src/plan/back-steps.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import { createEndpointCounter } from '../../../src/planes/leaf/endpoints.ts';
import type { Backend } from '../../../src/spec/types.ts';
import { until } from '../../support/until.ts';
import {
  answerJson,
  aStatus,
  isWatch,
  MisbehavingApiServer,
  openWatch,
  writeEvent,
} from '../kubernetes/misbehaving-api-server.ts';
import { aBackend } from '../plan/builders.ts';
import { asActivity } from './activity-context.ts';

type Input = Parameters<Activities['countEndpoints']>[0];

const v1 = aBackend();
const v2 = aBackend({ name: 'v2', cluster: 'west' });
const [V1, V2] = [backendId(v1), backendId(v2)];

let api: MisbehavingApiServer;
let registry: ReturnType<typeof createClusterRegistry>;
let said: string[];
beforeEach(async () => {
  api = await new MisbehavingApiServer().start();
  // Whoever waits for the end of a request waits too long.
  const watches = { deadlineMs: 60_000 };
  registry = createClusterRegistry({ log: createLog({ level: 'silent', name: 'test' }), watches });
  registry.set('config', [api.config('east')]);
  said = [];
});
afterEach(async () => {
  registry.close();
  await api.stop();
});

function begin(input: Omit<Input, 'watch'>, patienceMs = 10_000) {
  const { countEndpoints } = endpointActivities({
    endpoints: createEndpointCounter({ registry, patienceMs }),
    report: async (_id, { waitsFor }) => void said.push(waitsFor ?? ''),
  });
  const result: { ready?: Endpoints } = {};
  const activity = asActivity({}, async () => {
    result.ready = await countEndpoints({ watch: 'one', ...input });
  });
  return { ...activity, result };
}

async function count(backends: readonly Backend[], patienceMs?: number): Promise<Endpoints | undefined> {
  const { ended, result } = begin({ backends }, patienceMs);
  expect(await ended).toBe('completed');
  return result.ready;
}

interface Pod {
  readonly uid?: string;
  readonly address: string;
  readonly conditions?: object;
}

let version = 100;

function aSlice(name: string, listed: readonly Pod[], service = 'shop'): object {
  version += 1;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'default',
      name,
      uid: `uid-${name}`,
      resourceVersion: String(version),
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    endpoints: listed.map(({ uid, address, conditions = { ready: true } }) => ({
      addresses: [address],
      conditions,
      ...(uid === undefined ? {} : { targetRef: { kind: 'Pod', name: uid, uid } }),
    })),
  };
}

/** Ready pods at addresses of their own. */
function pods(ready: number, unready = 0): readonly Pod[] {
  return Array.from({ length: ready + unready }, (_, index) => ({
    address: `192.0.2.${index}`,
    conditions: { ready: index < ready },
  }));
}

/** The API server lists these, and hands on the streams of its watches. */
function serve(...slices: readonly object[]): ServerResponse[] {
  const streams: ServerResponse[] = [];
  api.handler = (request, response) => {
    if (!isWatch(request)) return answerJson(response, aList(slices));
    openWatch(response);
    streams.push(response);
  };
  return streams;
}

function aList(items: readonly object[]): object {
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSliceList', metadata: { resourceVersion: '11' }, items };
}

it.each<[string, readonly object[], number]>([
  ['those that are ready', [aSlice('a', pods(2, 3))], 2],
  ['those that say nothing of it', [aSlice('a', [{ address: '192.0.2.1', conditions: {} }])], 1],
  [
    'none that is about to end',
    [aSlice('a', [...pods(1), { address: '192.0.2.9', conditions: { ready: true, terminating: true } }])],
    1,
  ],
  ['those of all slices', [aSlice('a', pods(2)), aSlice('b', [{ address: '192.0.2.9' }])], 3],
  ['one in two slices once', [aSlice('a', pods(2)), aSlice('b', pods(2))], 2],
  [
    'a pod with addresses of two families once',
    [aSlice('a', [{ uid: 'one', address: '192.0.2.1' }]), aSlice('b', [{ uid: 'one', address: '2001:db8::1' }])],
    1,
  ],
  ['none where there is no slice', [], 0],
])('counts %s', async (_what, slices, expected) => {
  serve(...slices);
  expect(await count([v1])).toEqual({ [V1]: expected });
  expect(api.requests[0]).toContain('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices');
  expect(decodeURIComponent(api.requests[0] ?? '').replaceAll('+', ' ')).toContain('service-name in (shop)');
});

it('counts for a backend with several Services that with the fewest', async () => {
  const route = (path: string, name: string) => ({ path, pathType: 'Prefix' as const, service: { name, port: 80 } });
  const backend = { ...v1, routes: [route('/', 'shop'), route('/api', 'api'), route('/old', 'shop')] };
  serve(aSlice('a', pods(5)), aSlice('b', pods(2, 4), 'api'));
  expect(await count([backend])).toEqual({ [backendId(backend)]: 2 });
});

it.each<[string, (response: ServerResponse) => unknown]>([
  ['answers with an error', (response) => response.writeHead(503).end()],
  ['does not let us', (response) => answerJson(response, aStatus(403, 'Forbidden'), 403)],
  ['does not answer', () => undefined],
  ['talks of something else', (response) => response.writeHead(200).end('<html>')],
])('does not wait for a cluster that %s', async (_what, answer) => {
  api.handler = (_request, response) => void answer(response);
  expect(await count([v1], 50)).toEqual({});
});

it('does not wait for a cluster that is not registered, and counts in the others', async () => {
  serve(aSlice('a', pods(3)));
  expect(await count([v1, v2], 2_000)).toEqual({ [V1]: 3 });
});

const WAY = {
  current: { backends: [v1, v2], shares: { [V1]: 2_000, [V2]: 8_000 } },
  target: { backends: [v1, v2], shares: { [V1]: 10_000, [V2]: 0 } },
  completed: { shares: { [V1]: 10_000 }, endpoints: { [V1]: 5 } },
};
const UNTIL_MORE = { way: WAY, names: { [V1]: 'v1', [V2]: 'v2' }, note: 'until noon' };

async function untilSaid(...words: readonly string[]): Promise<void> {
  await until(() => (said.length >= words.length ? true : undefined), { what: `said ${words.join()}` });
  expect(said).toEqual(words.map((each) => `waiting for ready endpoints: v1 has ${each}; until noon`));
}

async function aStream(streams: readonly ServerResponse[]): Promise<ServerResponse> {
  return await until(() => streams.at(-1), { what: 'a watch' });
}

it('waits until endpoints bear more than there is, and says what it waits for when that changes', async () => {
  const streams = serve(aSlice('a', pods(1)));
  const { ended, result } = begin({ backends: [v1], untilMore: UNTIL_MORE });
  await untilSaid('1 of 5, which bear 20 %');
  const stream = await aStream(streams);
  writeEvent(stream, 'MODIFIED', aSlice('a', pods(0, 1)));
  await untilSaid('1 of 5, which bear 20 %', '0 of 5, which bear 0 %');
  expect(result.ready).toBeUndefined();
  writeEvent(stream, 'MODIFIED', aSlice('a', pods(2)));
  expect(await ended).toBe('completed');
  expect(result.ready).toEqual({ [V1]: 2 });
});

it('goes on when the watch is lost for a moment, and does not take that for an answer', async () => {
  const streams = serve(aSlice('a', pods(1)));
  const { ended, result } = begin({ backends: [v1], untilMore: UNTIL_MORE });
  await untilSaid('1 of 5, which bear 20 %');
  const stream = await aStream(streams);
  const later = serve();
  stream.destroy();
  writeEvent(await aStream(later), 'MODIFIED', aSlice('a', pods(3)));
  expect(await ended).toBe('completed');
  expect(result.ready).toEqual({ [V1]: 3 });
});

it('gives up a cluster that stays away', async () => {
  const streams = serve(aSlice('a', pods(1)));
  const { ended, result } = begin({ backends: [v1], untilMore: UNTIL_MORE }, 2_000);
  await untilSaid('1 of 5, which bear 20 %');
  const stream = await aStream(streams);
  api.handler = (_request, response) => response.writeHead(503).end();
  stream.destroy();
  expect(await ended).toBe('completed');
  expect(result.ready).toEqual({});
});

it('ends when it is cancelled', async () => {
  serve(aSlice('a', pods(1)));
  const activity = begin({ backends: [v1], untilMore: UNTIL_MORE });
  await untilSaid('1 of 5, which bear 20 %');
  await activity.cancel();
  expect(await activity.ended).toBe('cancelled');
});
