import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INGRESS, type Ingress } from '../../../src/lib/kubernetes/objects.ts';
import { type ObjectReport, watchObject } from '../../../src/lib/kubernetes/watch.ts';
import { until } from '../../support/until.ts';
import {
  anIngress,
  anIngressList,
  answerJson,
  aStatus,
  isWatch,
  MisbehavingApiServer,
  openWatch,
} from './misbehaving-api-server.ts';

const shop = { resource: INGRESS, namespace: 'default', name: 'shop' };

let server: MisbehavingApiServer;
let ending: AbortController;
let reports: string[];
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
  ending = new AbortController();
  reports = [];
});
afterEach(() => server.stop());

function follow(stallMs = 5_000): Promise<void> {
  const note = (report: ObjectReport<Ingress>): void => {
    reports.push(describeReport(report));
  };
  return watchObject(server.cluster(), shop, note, { signal: ending.signal, deadlineMs: 500, stallMs });
}

function describeReport(report: ObjectReport<Ingress>): string {
  if (report.kind === 'object') return `object ${report.object.metadata.resourceVersion}`;
  return report.kind === 'gone' ? 'gone' : `unreachable ${report.error.failure.reason}`;
}

async function untilReports(count: number): Promise<void> {
  await until(() => (reports.length >= count ? true : undefined), { what: `${count} reports`, timeoutMs: 10_000 });
}

const watches = (): string[] => server.requests.filter((request) => request.includes('watch=true'));
const lists = (): number => server.requests.length - watches().length;

describe('the watch of one object', () => {
  it('lists, watches from there with bookmarks, and reports each change', async () => {
    server.handler = (request, response) => {
      if (!isWatch(request)) return answerJson(response, anIngressList());
      openWatch(
        response,
        { type: 'ADDED', object: anIngress({}, { resourceVersion: '12' }) },
        { type: 'BOOKMARK', object: { kind: 'Ingress', metadata: { resourceVersion: '15' } } },
        { type: 'MODIFIED', object: anIngress({}, { resourceVersion: '16' }) },
        { type: 'DELETED', object: anIngress({}, { resourceVersion: '17' }) },
      );
    };
    const watching = follow();
    await untilReports(4);
    ending.abort();
    await watching;
    expect(reports).toEqual(['gone', 'object 12', 'object 16', 'gone']);
    expect(watches()).toHaveLength(1);
    expect(watches()[0]).toMatch(/fieldSelector=metadata.name%3Dshop/);
    expect(watches()[0]).toMatch(/allowWatchBookmarks=true&resourceVersion=11/);
  });

  it('goes on behind the last event or bookmark when the server ends the stream in order', async () => {
    server.handler = (request, response) => {
      if (!isWatch(request)) return answerJson(response, anIngressList(anIngress()));
      const again = watches().length > 1;
      openWatch(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: '15' } } });
      if (again)
        response.write(`${JSON.stringify({ type: 'MODIFIED', object: anIngress({}, { resourceVersion: '16' }) })}\n`);
      else response.end();
    };
    const watching = follow();
    await untilReports(2);
    ending.abort();
    await watching;
    expect(reports).toEqual(['object 10', 'object 16']);
    expect(lists()).toBe(1);
    expect(watches()[1]).toContain('resourceVersion=15');
  });

  it.each([
    ['an ERROR event with 410', (response) => openWatch(response, { type: 'ERROR', object: aStatus(410, 'Expired') })],
    ['an answer of 410', (response) => answerJson(response, aStatus(410, 'Expired'), 410)],
    [
      'a reset stream',
      (response) => {
        openWatch(response);
        setImmediate(() => response.destroy());
      },
    ],
    [
      'an event that is no JSON',
      (response) => {
        openWatch(response);
        response.write('<html>\n');
      },
    ],
    ['a stream that falls silent', (response) => openWatch(response)],
  ] satisfies [string, (response: Parameters<typeof openWatch>[0]) => void][])(
    'lists again after %s, and says nothing when nothing has changed',
    async (_name, misbehave) => {
      let version = '10';
      server.handler = (request, response) => {
        if (!isWatch(request)) return answerJson(response, anIngressList(anIngress({}, { resourceVersion: version })));
        if (watches().length === 1) return misbehave(response);
        version = '20';
        if (watches().length === 2) response.destroy();
        else openWatch(response);
      };
      const watching = follow(300);
      await until(() => (reports.includes('object 20') ? true : undefined), {
        what: 'the second list',
        timeoutMs: 10_000,
      });
      ending.abort();
      await watching;
      expect(reports.filter((report) => report.startsWith('object'))).toEqual(['object 10', 'object 20']);
      expect(lists()).toBeGreaterThanOrEqual(2);
    },
  );

  it('reports a server that cannot be asked, comes back as it was told, and never takes it for an empty list', async () => {
    let busy = true;
    const asked: number[] = [];
    server.handler = (request, response) => {
      asked.push(performance.now());
      if (isWatch(request)) return openWatch(response);
      if (!busy) return answerJson(response, anIngressList(anIngress()));
      busy = false;
      response.writeHead(429, { 'retry-after': '1' }).end();
    };
    const watching = follow();
    await untilReports(2);
    ending.abort();
    await watching;
    expect(reports).toEqual(['unreachable TooManyRequests', 'object 10']);
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(1_000);
  });

  it.each([
    ['HTML with 200', 'InvalidAnswer', (response) => response.end('<html>')],
    ['a missing right to watch', 'Forbidden', (response) => answerJson(response, aStatus(403, 'Forbidden'), 403)],
    ['a hung answer', 'DeadlineExceeded', () => {}],
  ] satisfies [string, string, (response: Parameters<typeof openWatch>[0]) => void][])(
    'tries again with growing waits for as long as it meets %s',
    async (_name, reason, misbehave) => {
      server.handler = (_request, response) => misbehave(response);
      const watching = follow();
      await untilReports(3);
      ending.abort();
      await watching;
      expect(new Set(reports)).toEqual(new Set([`unreachable ${reason}`]));
      expect(server.requests.length).toBeLessThan(5);
    },
  );

  it('ends when the signal aborts, whatever it waits for', async () => {
    server.handler = () => {};
    const watching = follow();
    await until(() => (server.requests.length > 0 ? true : undefined), { what: 'a request' });
    ending.abort();
    await watching;
    expect(reports).toEqual([]);
  });

  it('throws what its listener throws', async () => {
    server.handler = (_request, response) => answerJson(response, anIngressList());
    const listener = (): void => {
      throw new Error('a bug');
    };
    await expect(watchObject(server.cluster(), shop, listener, { signal: ending.signal })).rejects.toThrow('a bug');
  });
});
