import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, FaultProxy } from '../../support/fault-proxy.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { until } from '../../support/until.ts';

const playground = testPlayground();
const east = playground.cluster('east');
const watches = new Set<ChildProcess>();
let proxy: FaultProxy;

beforeEach(async () => {
  proxy = await FaultProxy.start(east);
});

afterEach(async () => {
  for (const watch of watches) watch.kill();
  watches.clear();
  await proxy.stop();
});

/** By the raw path: otherwise kubectl would ask for discovery first. */
function getServices(...flags: readonly string[]) {
  return kubectl(['get', '--raw', '/api/v1/namespaces/default/services', ...flags], { kubeconfig: proxy.kubeconfig });
}

describe('a fault proxy', () => {
  it('lets pass what it is not told to spoil', async () => {
    expect(JSON.parse((await getServices()).stdout)).toMatchObject({ kind: 'ServiceList' });
  });

  it.each<[string, Fault, RegExp, string?]>([
    ['401', { kind: 'unauthorized' }, /Unauthorized/i],
    ['500', { kind: 'internalError' }, /InternalError/],
    ['a closed port', { kind: 'closed' }, /refused/],
    ['silence', { kind: 'blackHole' }, /timeout|deadline/i, '1s'],
  ])('answers with %s', async (_name, fault, message, timeout = '30s') => {
    await proxy.become(fault);
    const { code, stderr } = await getServices(`--request-timeout=${timeout}`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it('answers with a page', async () => {
    await proxy.become({ kind: 'html' });
    expect((await getServices()).stdout).toMatch(/^<!doctype html>/);
  });

  it('answers with 429 and the time to wait', async () => {
    await proxy.become({ kind: 'tooManyRequests', retryAfterSeconds: 1 });
    // kubectl waits and asks again, some ten times, for as long as it is told.
    const services = getServices();
    await until(() => proxy.requests > 1 || undefined, { what: 'it asks again' });
    await proxy.become({ kind: 'pass' });
    expect((await services).code).toBe(0);
  });

  it('is slow', async () => {
    await proxy.become({ kind: 'slow', delayMs: 500 });
    const start = performance.now();
    expect((await getServices()).code).toBe(0);
    expect(performance.now() - start).toBeGreaterThan(500);
  });

  it('is well again at the same address', async () => {
    await proxy.become({ kind: 'closed' });
    await proxy.become({ kind: 'pass' });
    expect((await getServices()).code).toBe(0);
  });

  it('cuts open watches when the fault changes, and keeps them open and silent in a black hole', async () => {
    const watch = spawn(playground.kubectl, ['get', 'services', '--watch', '-o', 'name'], {
      env: { ...process.env, KUBECONFIG: proxy.kubeconfig },
    });
    watches.add(watch);
    let seen = '';
    watch.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen += text;
    });
    await until(() => (seen.includes('service/shop') ? true : undefined), { what: 'the watch lists services' });
    await proxy.become({ kind: 'blackHole' });
    const admin = { kubeconfig: east.adminKubeconfig };
    await kubectl(['create', 'service', 'clusterip', 'unseen', '--tcp=80'], admin);
    await kubectl(['delete', 'service', 'unseen'], admin);
    expect(watch.exitCode).toBeNull();
    expect(seen).not.toContain('unseen');
    const exit = once(watch, 'exit');
    await proxy.become({ kind: 'pass' });
    await exit;
  });
});
