import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install } from '../../../src/hub/install.ts';
import { hubNamespaceRole, hubRole, type Rule } from '../../../src/hub/resources/roles.ts';
import { kubectl } from '../../support/kubectl.ts';
import { run } from '../../support/output.ts';
import { testPlayground } from '../../support/playground.ts';

const PROGRAM = join(import.meta.dirname, '../../../src/cli/bin.mjs');

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-install-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const sluice = (...args: readonly string[]) => run(process.execPath, [PROGRAM, ...args]);
const hub = () => testPlayground().hub;
const asHub = () => ['--kubeconfig', hub().adminKubeconfig, '--hub-context', 'hub'];

describe('sluice install', () => {
  it('brings kinds and rights into a hub, says each, and can be run again', async () => {
    for (const _time of [1, 2]) {
      const { code, stdout } = await sluice('install', ...asHub(), '--user', 'sluice');
      expect(code).toBe(0);
      expect(stdout).toContain('hub hub: CustomResourceDefinition federatedingresses.sluice.dev\n');
      expect(stdout).toContain('hub hub: ClusterRoleBinding sluice-hub\n');
    }
  });

  it('prints what kubectl applies, which is the same as what it applies itself', async () => {
    await install({ hub: { kubeconfig: hub().adminKubeconfig }, user: 'sluice', signal: AbortSignal.timeout(30_000) });
    const { stdout: yaml } = await sluice('install', '--hub-context', 'hub', '--user', 'sluice', '--print');
    const options = { kubeconfig: hub().adminKubeconfig, input: yaml };
    const applied = await kubectl(['apply', '--server-side', '--field-manager=sluice-install', '-f', '-'], options);
    expect(applied).toMatchObject({ code: 0 });
    const diff = await kubectl(['diff', '--server-side', '--field-manager=sluice-install', '-f', '-'], options);
    expect(diff.stdout).toBe('');
  });

  it('gives each right of the role, and not those next to it', async () => {
    // kubectl asks only for kinds that there are.
    const { definitions } = testPlayground();
    const gatewayApi = ['apply', '--server-side', '-f', definitions.gatewayApi];
    expect(await kubectl(gatewayApi, { kubeconfig: hub().adminKubeconfig })).toMatchObject({ code: 0 });
    // The API server takes a moment to see what it was given.
    const SOON = { timeout: 60_000, interval: 50 };
    const may = async (verb: string, resource: string, ...more: readonly string[]) => {
      const { stdout } = await kubectl(['auth', 'can-i', verb, resource, ...more], { kubeconfig: hub().kubeconfig });
      return stdout.trim();
    };
    const asked = (rules: readonly Rule[]) =>
      rules.flatMap(({ apiGroups: [group = ''], resources: [resource = ''], verbs: [verb = ''] }) => {
        return resource.includes('/') || ['elbv2.aws.crossplane.io', 'externaldns.k8s.io'].includes(group)
          ? []
          : [[verb, group === '' ? resource : `${resource}.${group}`] as const];
      });
    for (const [verb, resource] of asked(hubRole()))
      await expect.poll(async () => [resource, await may(verb, resource, '-A')], SOON).toEqual([resource, 'yes']);
    for (const [verb, resource] of asked(hubNamespaceRole()))
      await expect.poll(() => may(verb, resource, '-n', 'sluice-system'), SOON).toBe('yes');
    expect(await may('get', 'pods', '-A')).toBe('no');
    expect(await may('update', 'secrets', '-n', 'sluice-system')).toBe('no');
    expect(await may('delete', 'customresourcedefinitions')).toBe('no');
    expect(await may('get', 'leases.coordination.k8s.io', '-n', 'default')).toBe('no');
  });

  it('says what to do when nothing is named', async () => {
    const { code, stderr } = await sluice('install');
    expect(code).toBe(2);
    expect(stderr).toContain('name a cluster with --hub-context or --member-context');
  });

  it('names the contexts that there are, and the way by kubectl, when a kubeconfig will not do', async () => {
    const unknown = await sluice('install', '--kubeconfig', hub().adminKubeconfig, '--hub-context', 'production');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/it has no context "production"; it has: "hub"/);
    const exec = join(directory, 'exec');
    const text = readFileSync(hub().adminKubeconfig, 'utf8').replace(/token: .*/, 'exec: { command: aws }');
    writeFileSync(exec, text, { mode: 0o600 });
    const plugin = await sluice('install', '--kubeconfig', exec, '--hub-context', 'hub');
    expect(plugin.code).toBe(2);
    expect(plugin.stderr).toMatch(/exec is refused: it would run a command/);
    expect(plugin.stderr).toContain('--print | kubectl apply -f -');
  });

  it('ends with the code for refused when the user may not', async () => {
    const { code, stderr } = await sluice('install', '--kubeconfig', hub().kubeconfig, '--hub-context', 'hub');
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: cluster hub hub: apply Namespace sluice-system: .*forbidden/);
  });
});
