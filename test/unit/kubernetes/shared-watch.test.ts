import type { IncomingMessage, ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKubernetesMetrics } from '../../../src/lib/kubernetes/metrics.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { getObject } from '../../../src/lib/kubernetes/requests.ts';
import { INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import {
  ClusterWatches,
  type ObjectReport,
  type WatchedState,
  type WatchesOptions,
} from '../../../src/lib/kubernetes/shared-watch.ts';
import { until } from '../../support/until.ts';
import {
  anIngress,
  anIngressList,
  answerJson,
  aStatus,
  isWatch,
  MisbehavingApiServer,
  openWatch,
  writeEvent,
} from './misbehaving-api-server.ts';

const shop = { namespace: 'default', name: 'shop' };
const everywhere = { resource: INGRESS };

let server: MisbehavingApiServer;
let watches: ClusterWatches;
let reports: string[];
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
  watches = open();
  reports = [];
});
afterEach(async () => {
  watches.close();
  await server.stop();
});

function open(options: WatchesOptions = {}): ClusterWatches {
  return new ClusterWatches(server.cluster(), { deadlineMs: 10_000, stallMs: 10_000, ...options });
}

function follow(key = shop, into = reports): () => void {
  return watches.of(everywhere).follow(key, (report) => into.push(describeReport(report)));
}

function describeReport(report: ObjectReport<AnyObject>): string {
  if (report.kind === 'object') return `object ${report.object.metadata.resourceVersion}`;
  return report.kind === 'gone' ? 'gone' : `unreachable ${report.error.failure.reason}`;
}

function describeState({ objects, unreachable }: WatchedState<AnyObject>): string {
  const names = objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
  return [...names, ...(unreachable ? [unreachable.failure.reason] : [])].join(' ');
}

async function untilSaid(count: number, into = reports): Promise<void> {
  await untilTrue(`${count} reports`, () => into.length >= count);
}

async function untilTrue(what: string, isSo: () => boolean): Promise<void> {
  await until(() => (isSo() ? true : undefined), { what, timeoutMs: 15_000 });
}

const at = (resourceVersion: string, name = 'shop'): object =>
  anIngress({}, { name, uid: `uid-${name}`, resourceVersion });
const watchRequests = (): string[] => server.requests.filter((request) => request.includes('watch=true'));
const lists = (): number => server.requests.length - watchRequests().length;

/** Lists are answered with what `list` gives, watches go to `watch` with their number, from 1. */
function serve(list: () => object, watch: (response: ServerResponse, count: number) => void): void {
  server.handler = (request: IncomingMessage, response) =>
    isWatch(request) ? watch(response, watchRequests().length) : answerJson(response, list());
}

describe('a shared watch', () => {
  it('lists, watches from there with bookmarks, and reports each change', async () => {
    serve(
      () => anIngressList(),
      (response) =>
        openWatch(
          response,
          { type: 'ADDED', object: at('12') },
          { type: 'BOOKMARK', object: { kind: 'Ingress', metadata: { resourceVersion: '15' } } },
          { type: 'MODIFIED', object: at('16') },
          { type: 'ADDED', object: at('17', 'other') },
          { type: 'DELETED', object: at('18') },
        ),
    );
    follow();
    await untilSaid(4);
    expect(reports).toEqual(['gone', 'object 12', 'object 16', 'gone']);
    expect(watchRequests()).toHaveLength(1);
    expect(watchRequests()[0]).toMatch(
      /ingresses\?watch=true&allowWatchBookmarks=true&resourceVersion=11&timeoutSeconds=\d+$/,
    );
  });

  it('is one for all who follow the same selection, and tells a later one at once what is known', async () => {
    serve(
      () => anIngressList(at('10')),
      (response) => openWatch(response),
    );
    follow();
    await untilTrue('the watch', () => reports.length === 1 && watchRequests().length === 1);
    const later: string[] = [];
    const whole: string[] = [];
    follow(shop, later);
    follow({ namespace: 'default', name: 'nothing' }, later);
    watches.of({ resource: INGRESS }).followAll((state) => whole.push(describeState(state)));
    expect(later).toEqual([]);
    await Promise.resolve();
    expect(later).toEqual(['object 10', 'gone']);
    expect(whole).toEqual(['shop@10']);
    expect(server.requests).toHaveLength(2);
  });

  it('says nothing more to who has ended it, not even what was on its way', async () => {
    serve(
      () => anIngressList(at('10')),
      (response) => openWatch(response),
    );
    follow();
    await untilSaid(1);
    const other: string[] = [];
    const stop = follow(shop, other);
    stop();
    const whole: string[] = [];
    watches.of(everywhere).followAll((state) => whole.push(describeState(state)))();
    await new Promise((resolve) => setImmediate(resolve));
    expect([other, whole]).toEqual([[], []]);
  });

  it('lets a listener end itself and others from within', async () => {
    let stream: ServerResponse | undefined;
    serve(
      () => anIngressList(at('10')),
      (response) => {
        stream = response;
        openWatch(response);
      },
    );
    const stops: (() => void)[] = [];
    const heard: string[] = [];
    for (const name of ['a', 'b']) {
      stops.push(
        watches.of(everywhere).follow(shop, (report) => {
          heard.push(`${name} ${describeReport(report)}`);
          if (describeReport(report) === 'object 20') for (const stop of stops) stop();
        }),
      );
    }
    follow();
    await untilTrue('the stream', () => stream !== undefined && reports.length === 1);
    if (stream) writeEvent(stream, 'MODIFIED', at('20'));
    await untilSaid(2);
    expect(heard).toEqual(['a object 10', 'b object 10', 'a object 20']);
  });

  it('tells the others and then ends the process when a listener throws', async () => {
    serve(
      () => anIngressList(at('10')),
      (response) => openWatch(response),
    );
    follow();
    await untilSaid(1);
    const later: (() => void)[] = [];
    const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => void later.push(task));
    const stop = watches.of(everywhere).follow(shop, () => {
      throw new Error('a bug');
    });
    follow();
    const [first, second] = later;
    first?.();
    second?.();
    spy.mockRestore();
    stop();
    expect(reports).toEqual(['object 10', 'object 10']);
    expect(later[2]).toThrow('a bug');
  });

  it('gathers a burst of a thousand events into a few calls for who follows all', async () => {
    let stream: ServerResponse | undefined;
    serve(
      () => anIngressList(),
      (response) => {
        stream = response;
        openWatch(response);
      },
    );
    const sizes: number[] = [];
    watches.of(everywhere).followAll(({ objects }) => sizes.push(objects.length));
    await untilTrue('the stream', () => stream !== undefined && sizes.length === 1);
    const begun = performance.now();
    for (let index = 0; index < 1_000; index += 1)
      if (stream) writeEvent(stream, 'ADDED', at(String(100 + index), `shop-${index}`));
    await untilTrue('all of them', () => sizes.at(-1) === 1_000);
    // One each 50 ms, however long a busy machine takes to read them.
    expect(sizes.length - 2).toBeLessThanOrEqual((performance.now() - begun) / 49);
  });

  it('keeps objects frozen and without what field managers wrote, unless it is asked for', async () => {
    const managed = anIngress({ spec: { rules: [{}] } }, { managedFields: [{ manager: 'kubectl' }] });
    serve(
      () => anIngressList(managed),
      (response) => openWatch(response, { type: 'MODIFIED', object: { ...managed, spec: { again: [{}] } } }),
    );
    const seen: AnyObject[] = [];
    const note = (report: ObjectReport<AnyObject>): void => {
      if (report.kind === 'object') seen.push(report.object);
    };
    watches.of(everywhere).follow(shop, note);
    watches.of({ ...everywhere, keep: 'managedFields' }).follow(shop, note);
    await untilTrue('both', () => seen.length === 2);
    expect(seen.filter(({ metadata }) => metadata.managedFields !== undefined)).toHaveLength(1);
    for (const object of seen) {
      expect(Object.isFrozen(object.metadata)).toBe(true);
      expect(() => Object.assign(object, { spec: {} })).toThrow(TypeError);
    }
  });
});

describe('a watch that is cut', () => {
  const cuts: readonly [string, (response: ServerResponse) => void, WatchesOptions?][] = [
    ['ends in order', (response) => response.end()],
    ['is reset', (response) => response.destroy()],
    ['is cut in the middle of an event', (response) => response.end('{"type": "MODI')],
    ['falls silent', () => {}, { stallMs: 1_000 }],
  ];

  it.each(cuts)('goes on behind the last event or bookmark when it %s', async (_name, cut, options = {}) => {
    let first: ServerResponse | undefined;
    serve(
      () => anIngressList(at('10')),
      (response, count) => {
        if (count > 1) return openWatch(response, { type: 'MODIFIED', object: at('16') });
        first = response;
        openWatch(
          response,
          { type: 'MODIFIED', object: at('14') },
          { type: 'BOOKMARK', object: { metadata: { resourceVersion: '15' } } },
        );
      },
    );
    watches = open(options);
    follow();
    await untilSaid(2);
    if (first) cut(first);
    await untilSaid(3);
    expect(reports).toEqual(['object 10', 'object 14', 'object 16']);
    expect(lists()).toBe(1);
    expect(watchRequests()[1]).toContain('resourceVersion=15');
  });

  const losses: readonly [string, (response: ServerResponse) => void][] = [
    ['an ERROR event with 410', (response) => openWatch(response, { type: 'ERROR', object: aStatus(410, 'Expired') })],
    ['an answer of 410', (response) => answerJson(response, aStatus(410, 'Expired'), 410)],
    ['an event that is no JSON', (response) => response.write('<html>\n')],
    ['an event without an object', (response) => openWatch(response, { type: 'ADDED', object: { metadata: {} } })],
    ['an event of another kind', (response) => openWatch(response, { type: 'ADDED', object: aStatus(200, 'Odd') })],
  ];

  it.each(losses)('lists again after %s, and reports only what has changed and what is gone', async (_name, lose) => {
    serve(
      () =>
        watchRequests().length === 0
          ? anIngressList(at('10'), at('10', 'kept'), at('10', 'removed'))
          : anIngressList(at('20'), at('10', 'kept')),
      (response, count) => (count === 1 ? lose(response) : openWatch(response)),
    );
    const kept: string[] = [];
    const removed: string[] = [];
    const whole: string[] = [];
    follow();
    follow({ ...shop, name: 'kept' }, kept);
    follow({ ...shop, name: 'removed' }, removed);
    watches.of(everywhere).followAll((state) => whole.push(describeState(state)));
    await untilSaid(2);
    expect({ reports, kept, removed }).toEqual({
      reports: ['object 10', 'object 20'],
      kept: ['object 10'],
      removed: ['object 10', 'gone'],
    });
    await untilTrue('the whole', () => whole.at(-1) === 'kept@10 shop@20');
    expect(lists()).toBe(2);
  });

  it('says nothing when nothing has changed, neither of objects nor of the whole', async () => {
    serve(
      () => anIngressList(at('10')),
      (response, count) => (count < 3 ? answerJson(response, aStatus(410, 'Expired'), 410) : openWatch(response)),
    );
    const whole: string[] = [];
    follow();
    watches.of(everywhere).followAll((state) => whole.push(describeState(state)));
    await untilTrue('the third watch', () => watchRequests().length === 3);
    expect([reports, whole, lists()]).toEqual([['object 10'], ['shop@10'], 3]);
  });
});

describe('an API server that cannot be asked', () => {
  it('is said so once, is asked again when it wishes, and its silence is never taken for an empty list', async () => {
    let answers = 0;
    const asked: number[] = [];
    server.handler = (request, response) => {
      asked.push(performance.now());
      if (isWatch(request)) return openWatch(response);
      answers += 1;
      if (answers > 1) return answerJson(response, anIngressList(at('10')));
      response.writeHead(429, { 'retry-after': '1' }).end();
    };
    const whole: string[] = [];
    follow();
    watches.of(everywhere).followAll((state) => whole.push(describeState(state)));
    await untilSaid(2);
    expect(reports).toEqual(['unreachable TooManyRequests', 'object 10']);
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(1_000);
    await untilTrue('the whole', () => whole.at(-1) === 'shop@10');
    expect(whole).toEqual(['TooManyRequests', 'shop@10']);
  });

  const troubles: readonly [string, string, (response: ServerResponse) => void, WatchesOptions?][] = [
    ['HTML with 200', 'InvalidAnswer', (response) => response.end('<html>')],
    ['a missing right to list', 'Forbidden', (response) => answerJson(response, aStatus(403, 'Forbidden'), 403)],
    ['half a list', 'InvalidAnswer', (response) => answerJson(response, anIngressList({ metadata: {} }))],
    ['a hung answer', 'DeadlineExceeded', () => {}, { deadlineMs: 1_000 }],
  ];

  it.each(troubles)(
    'keeps what was known and says so once for as long as it meets %s',
    async (_name, reason, trouble, options = {}) => {
      watches = open(options);
      let bad = false;
      serve(
        () => anIngressList(at('10')),
        (response) => openWatch(response),
      );
      const good = server.handler;
      server.handler = (request, response) => (bad ? trouble(response) : good(request, response));
      const whole: string[] = [];
      follow();
      watches.of(everywhere).followAll((state) => whole.push(describeState(state)));
      await untilTrue('the stream', () => watchRequests().length === 1 && whole.length === 1);
      bad = true;
      watches.restart();
      await untilTrue('three more attempts', () => server.requests.length >= 5);
      expect(reports).toEqual(['object 10', `unreachable ${reason}`]);
      bad = false;
      await untilSaid(3);
      expect(reports[2]).toBe('object 10');
      await untilTrue('the whole', () => whole.length === 3);
      expect(whole).toEqual(['shop@10', `shop@10 ${reason}`, 'shop@10']);
    },
  );

  it('renews refused credentials once for a watch as well', async () => {
    serve(
      () => anIngressList(at('10')),
      (response) => openWatch(response),
    );
    const good = server.handler;
    server.handler = (request, response) => {
      if (!isWatch(request) || server.tokens.at(-1) === 'Bearer fresh') return good(request, response);
      server.writeKubeconfig({ token: 'fresh' });
      answerJson(response, aStatus(401, 'Unauthorized'), 401);
    };
    follow();
    await untilTrue('the second watch', () => watchRequests().length === 2);
    expect(server.tokens).toEqual(['Bearer secret', 'Bearer secret', 'Bearer fresh']);
    expect(reports).toEqual(['object 10']);
  });

  it('does not slow another one, nor do its watches its requests', async () => {
    const hung = server;
    const hungWatches = watches;
    hung.handler = () => {};
    hungWatches.of(everywhere).followAll(() => undefined);
    server = await new MisbehavingApiServer().start();
    watches = open();
    serve(
      () => anIngressList(at('10')),
      (response) => openWatch(response),
    );
    // More watches than there are connections for requests.
    const whole: string[] = [];
    for (let index = 0; index < 40; index += 1)
      watches.of({ ...everywhere, labelSelector: `n=${index}` }).followAll((state) => whole.push(describeState(state)));
    await untilTrue('40 lists', () => whole.length === 40 && watchRequests().length === 40);
    server.handler = (_, response) => answerJson(response, anIngress());
    const { signal } = new AbortController();
    expect(await getObject(server.cluster(), { resource: INGRESS, ...shop }, { signal })).toBeDefined();
    hungWatches.close();
    await hung.stop();
  });
});

describe('watches without followers', () => {
  it('go on for a while, end then, and start anew for the next one', async () => {
    let closed = 0;
    serve(
      () => anIngressList(at(lists() === 1 ? '10' : '20')),
      (response) => {
        response.on('close', () => {
          closed += 1;
        });
        openWatch(response);
      },
    );
    watches = open({ lingerMs: 100 });
    const stop = follow();
    await untilTrue('the watch', () => watchRequests().length === 1);
    stop();
    const stopAgain = follow();
    await untilSaid(2);
    expect([reports, closed]).toEqual([['object 10', 'object 10'], 0]);
    stopAgain();
    await untilTrue('its end', () => closed === 1);
    follow();
    await untilSaid(3);
    expect([reports[2], lists()]).toEqual(['object 20', 2]);
  });

  it('tell who follows that the cluster is not registered any more when they are closed', async () => {
    let closed = 0;
    serve(
      () => anIngressList(at('10')),
      (response) => {
        response.on('close', () => {
          closed += 1;
        });
        openWatch(response);
      },
    );
    follow();
    await untilTrue('the watch', () => reports.length === 1 && watchRequests().length === 1);
    watches.close();
    expect(reports).toEqual(['object 10', 'unreachable NotRegistered']);
    follow();
    watches.of({ ...everywhere, namespace: 'new' }).follow(shop, (report) => reports.push(describeReport(report)));
    await Promise.resolve();
    expect(reports.slice(2)).toEqual(['unreachable NotRegistered', 'unreachable NotRegistered']);
    await untilTrue('the end of the stream', () => closed === 1);
    expect(server.requests).toHaveLength(2);
  });

  it('count events and lists by kind', async () => {
    const metrics = createKubernetesMetrics(new Registry());
    watches = new ClusterWatches(server.cluster(metrics));
    serve(
      () => anIngressList(),
      (response) =>
        openWatch(
          response,
          { type: 'ADDED', object: at('12') },
          { type: 'BOOKMARK', object: { metadata: { resourceVersion: '15' } } },
          { type: 'DELETED', object: at('18') },
        ),
    );
    follow();
    await untilSaid(3);
    const labels = { cluster: 'east', kind: 'Ingress' };
    expect((await metrics.events.get()).values).toMatchObject([{ labels, value: 2 }]);
    expect((await metrics.lists.get()).values).toMatchObject([{ labels, value: 1 }]);
  });
});
