import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { createKubernetesMetrics } from '../../src/lib/kubernetes/metrics.ts';
import { backendId } from '../../src/plan/backend-id.ts';
import { allocationOf, shares } from '../../src/plan/shares.ts';
import { registerDnsMetrics } from '../../src/planes/dns/metrics.ts';
import { documentJsonSchema } from '../../src/spec/json-schema.ts';
import type { Backend } from '../../src/spec/types.ts';
import { dnsSchema, zonesSchema } from '../../src/worker/dns-config.ts';
import { anApi } from '../unit/api/api.ts';
import { read } from './repository.ts';

/** The rows of all tables of a page, cell by cell, without the marks of code. */
function rows(page: string): readonly (readonly string[])[] {
  return [...read(page).matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.trim().replaceAll('`', '')),
  );
}

function aBackend(cluster: string): Backend {
  const service = { name: 'shop', port: 80 };
  const routes = [{ path: '/', pathType: 'Prefix', service }] as const;
  return { name: cluster, cluster, namespace: 'default', routes, weight: 1 };
}

describe('docs/concepts.md', () => {
  it('works its example out as the program does', () => {
    const clusters = ['east', 'north', 'west'];
    const live = allocationOf([aBackend('east')]);
    const desired = allocationOf(clusters.map(aBackend));
    const at = (cluster: string, progress: number) =>
      String(shares(live, desired, progress)[backendId(aBackend(cluster))] ?? 0);
    const table = rows('docs/concepts.md').filter(([first = '']) => clusters.includes(first));
    expect(table).toEqual(clusters.map((cluster) => [cluster, ...[0, 10, 50, 100].map((step) => at(cluster, step))]));
  });
});

describe('docs/spec.md', () => {
  const { $defs } = z.object({ $defs: z.record(z.string(), z.looseObject({})) }).parse(documentJsonSchema());
  const fields = fieldsOf($defs['FederatedIngress'] ?? {}, '');
  const described = new Map(
    rows('docs/spec.md').flatMap(([names = '', preset = '']) =>
      names.split(', ').map((name) => [name, preset] as const),
    ),
  );
  const rowOf = (path: string) => described.get(path) ?? described.get(anyStrategy(path));

  it('has every field of the schema, and none besides', () => {
    expect(fields.length).toBeGreaterThan(25);
    expect(fields.filter(({ path }) => rowOf(path) === undefined)).toEqual([]);
    const known = fields.flatMap(({ path }) => [path, anyStrategy(path)]);
    const isKnown = (field: string) => known.some((path) => path === field || /^[.[]/.test(afterPrefix(path, field)));
    const extra = [...described.keys()].filter((field) => /^(spec|metadata)\./.test(field));
    expect(extra.filter((field) => !isKnown(field))).toEqual([]);
  });

  it('tells their defaults', () => {
    const wrong = fields.filter(({ path, preset }) => preset !== undefined && rowOf(path) !== preset);
    expect(wrong).toEqual([]);
    expect(fields.filter(({ preset }) => preset !== undefined).length).toBeGreaterThan(8);
  });
});

describe('docs/operations.md', () => {
  it('has every exit code', () => {
    const codes = rows('docs/operations.md').flatMap(([code = '']) => (/^\d{1,3}$/.test(code) ? [Number(code)] : []));
    expect(codes.toSorted((a, b) => a - b)).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  });

  it('has every metric of the HTTP API', async () => {
    const { app } = anApi();
    const { body } = await app.inject({ url: '/metrics' });
    const kubernetes = new Registry();
    createKubernetesMetrics(kubernetes);
    const metrics = [
      ...[...body.matchAll(/^# TYPE (sluice_\w+)/gm)].map(([, name = '']) => name),
      ...kubernetes.getMetricsAsArray().map(({ name }) => name),
    ];
    const described = rows('docs/operations.md').flatMap(([name = '']) => (name.startsWith('sluice_') ? [name] : []));
    expect(described.toSorted()).toEqual(metrics.toSorted());
  });
});

describe('docs/configuration.md', () => {
  const schema = z.toJSONSchema(z.object({ zones: zonesSchema, dns: dnsSchema }));
  const described = new Map(rows('docs/configuration.md').map(([setting = '', preset = '']) => [setting, preset]));

  it('has every setting of the DNS server, and none besides', () => {
    const settings = fieldsOf(schema, '').map(({ path }) => path);
    expect(settings.length).toBeGreaterThan(25);
    expect(settings.filter((setting) => !described.has(setting))).toEqual([]);
    const isPart = (name: string) => settings.some((setting) => setting === name || setting.startsWith(`${name}[`));
    const extra = [...described.keys()].filter((name) => /^(zones|dns)\b/.test(name) && !isPart(name));
    expect(extra).toEqual([]);
  });

  it('tells their defaults', () => {
    const preset = fieldsOf(schema, '').filter((field) => field.preset !== undefined);
    expect(preset.length).toBeGreaterThan(10);
    expect(preset.filter((field) => described.get(field.path) !== field.preset)).toEqual([]);
  });
});

describe('docs/dns.md', () => {
  it('has every metric of the DNS server', async () => {
    const registry = new Registry();
    registerDnsMetrics(registry);
    const metrics = registry.getMetricsAsArray().map(({ name }) => name);
    const described = rows('docs/dns.md').flatMap(([names = '']) =>
      names.split(', ').filter((name) => name.startsWith('sluice_')),
    );
    expect(described.toSorted()).toEqual(metrics.toSorted());
  });
});

interface Field {
  readonly path: string;
  /** As one writes it; undefined when there is none. */
  readonly preset: string | undefined;
}

/** The fields that hold a value, such as `spec.backends[].weight`, with their defaults. */
function fieldsOf(schema: Readonly<Record<string, unknown>>, path: string): readonly Field[] {
  const { properties, items, default: preset } = schema;
  // A list of values is one field.
  if (isObject(items)) return fieldsOf(items, isObject(items['properties']) ? `${path}[]` : path);
  if (!isObject(properties)) return [{ path, preset: asText(preset) }];
  return Object.entries(properties).flatMap(([name, child]) =>
    isObject(child) ? fieldsOf(child, path === '' ? name : `${path}.${name}`) : [],
  );
}

function asText(value: unknown): string | undefined {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isPlain ? `${value}` : undefined;
}

/** `spec.strategy.canary.readyTimeout` is described as `spec.strategy.*.readyTimeout`. */
function anyStrategy(path: string): string {
  return path.replace(/^(spec\.strategy)\.\w+\./, '$1.*.');
}

function afterPrefix(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
