import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterConfig } from '../../../src/lib/kubernetes/cluster.ts';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { askReady } from '../../../src/lib/kubernetes/requests.ts';
import { INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { createLog } from '../../../src/lib/log.ts';
import { until } from '../../support/until.ts';
import {
  anIngress,
  anIngressList,
  answerJson,
  isWatch,
  MisbehavingApiServer,
  openWatch,
} from './misbehaving-api-server.ts';

const { signal } = new AbortController();
let lines: string[];
let changes: number;
let registry: ReturnType<typeof createClusterRegistry>;
let server: MisbehavingApiServer;
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
  lines = [];
  changes = 0;
  const log = createLog({ level: 'info', name: 'test', destination: { write: (line) => void lines.push(line) } });
  registry = createClusterRegistry({ log });
  registry.onChange(() => {
    changes += 1;
  });
});
afterEach(async () => {
  registry.close();
  await server.stop();
});

const names = (): string[] => registry.list().map(({ name }) => name);

function aConfig(name: string, labels: Record<string, string> = {}): ClusterConfig {
  return { ...server.config(name), labels };
}

function secretConfig(name: string): ClusterConfig {
  const text = readFileSync(server.kubeconfig, 'utf8');
  return { ...server.config(name), kubeconfig: { kind: 'text', name: `Secret sluice-system/${name}`, text } };
}

describe('the cluster registry', () => {
  it('knows the clusters of every source, sorted, and tells what changes', () => {
    registry.set('hub', [aConfig('west'), aConfig('north')]);
    registry.set('config', [aConfig('east')]);
    expect([names(), changes]).toEqual([['east', 'north', 'west'], 2]);
    registry.set('hub', [aConfig('north')]);
    expect([names(), changes, registry.get('west')]).toEqual([['east', 'north'], 3, undefined]);
    registry.set('hub', [aConfig('north')]);
    registry.set('config', [aConfig('east')]);
    expect(changes).toBe(3);
  });

  it('takes the word of the configuration for a name that is used twice, and says so once', () => {
    registry.set('hub', [aConfig('east', { from: 'hub' })]);
    registry.set('config', [aConfig('east', { from: 'config' })]);
    registry.set('hub', [aConfig('east', { from: 'hub' }), aConfig('west')]);
    expect(registry.get('east')?.labels).toEqual({ from: 'config' });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', cluster: 'east', source: 'hub' });
    registry.set('config', []);
    expect(registry.get('east')?.labels).toEqual({ from: 'hub' });
  });

  it('keeps a cluster and its watches while its settings change', () => {
    registry.set('hub', [aConfig('east')]);
    const east = registry.get('east');
    const watches = east?.watches;
    registry.set('hub', [{ ...aConfig('east', { a: 'b' }), classes: { ingress: { public: 'contour' }, gateway: {} } }]);
    expect(registry.get('east')).toBe(east);
    expect(east?.watches).toBe(watches);
    expect([east?.labels, east?.classes.ingress, changes]).toEqual([{ a: 'b' }, { public: 'contour' }, 2]);
  });

  it('uses the credentials of a Secret that has changed, for requests and for watches that run', async () => {
    server.handler = (request, response) => {
      if (request.url === '/readyz') return void response.end('ok');
      return isWatch(request) ? openWatch(response) : answerJson(response, anIngressList(anIngress()));
    };
    registry.set('hub', [secretConfig('east')]);
    const east = registry.get('east');
    if (!east) throw new Error('it is not registered');
    const reports: string[] = [];
    east.watches.of({ resource: INGRESS }).follow({ namespace: 'default', name: 'shop' }, ({ kind }) => {
      reports.push(kind);
    });
    await until(() => (server.requests.length === 2 ? true : undefined), { what: 'the watch' });
    server.writeKubeconfig({ token: 'other' });
    registry.set('hub', [secretConfig('east')]);
    await until(() => (server.requests.length === 4 ? true : undefined), { what: 'the second watch' });
    await askReady(east, { signal });
    expect(server.tokens).toEqual(['Bearer secret', 'Bearer secret', 'Bearer other', 'Bearer other', 'Bearer other']);
    expect(reports).toEqual(['object']);
  });

  it('registers a cluster whose kubeconfig is refused, whose requests say so until it is well', async () => {
    server.handler = (_, response) => void response.end('ok');
    registry.set('hub', [{ ...secretConfig('east'), kubeconfig: { kind: 'text', name: 'Secret a/east', text: '{}' } }]);
    const east = registry.get('east');
    if (!east) throw new Error('it is not registered');
    await expect(askReady(east, { signal })).rejects.toMatchObject({ failure: { reason: 'KubeconfigRefused' } });
    await expect(askReady(east, { signal })).rejects.toThrow('the kubeconfig of Secret a/east');
    registry.set('hub', [secretConfig('east')]);
    await askReady(east, { signal });
  });

  it('ends the watches of a cluster that has gone', async () => {
    server.handler = (request, response) =>
      isWatch(request) ? openWatch(response) : answerJson(response, anIngressList(anIngress()));
    registry.set('hub', [aConfig('east')]);
    const reports: string[] = [];
    registry
      .get('east')
      ?.watches.of({ resource: INGRESS })
      .follow({ namespace: 'default', name: 'shop' }, (report) => {
        reports.push(report.kind === 'unreachable' ? report.error.failure.reason : report.kind);
      });
    await until(() => (reports.length === 1 ? true : undefined), { what: 'the object' });
    registry.set('hub', []);
    expect(reports).toEqual(['object', 'NotRegistered']);
  });
});
