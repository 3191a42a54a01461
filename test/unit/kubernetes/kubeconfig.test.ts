import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { KubeconfigError } from '../../../src/lib/kubernetes/errors.ts';
import { readKubeconfig } from '../../../src/lib/kubernetes/kubeconfig.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-kubeconfig-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly top?: object;
}

function aKubeconfig({ cluster = {}, user = {}, context = {}, top = {} }: Parts = {}): string {
  return write({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    'current-context': 'dev',
    contexts: [{ name: 'dev', context: { cluster: 'dev', user: 'dev', namespace: 'default', ...context } }],
    clusters: [{ name: 'dev', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'dev', user: { token: 'secret', ...user } }],
    ...top,
  });
}

function write(document: object | string): string {
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, typeof document === 'string' ? document : stringify(document));
  return file;
}

function complaint(file: string, context?: string): string {
  try {
    readKubeconfig(file, context);
  } catch (error) {
    if (error instanceof KubeconfigError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a kubeconfig', () => {
  it.each([
    ['a command', { user: { exec: { command: 'sh' } } }, 'user "dev": exec is refused: it would run a command'],
    ['an auth provider', { user: { 'auth-provider': { name: 'gcp' } } }, 'user "dev": auth-provider is refused'],
    ['a proxy', { cluster: { 'proxy-url': 'http://evil' } }, 'cluster "dev": proxy-url is refused: it would send'],
    ['no verification', { cluster: { 'insecure-skip-tls-verify': true } }, 'cluster "dev": insecure-skip-tls-verify'],
    ['a password', { user: { username: 'a', password: 'b' } }, 'user "dev": username is refused'],
    ['impersonation', { user: { as: 'root' } }, 'user "dev": as is refused: Sluice does not know it; allowed: token,'],
    ['a token that is no text', { user: { token: 7 } }, 'user "dev": token'],
    ['plain HTTP', { cluster: { server: 'http://10.0.0.1' } }, 'cluster "dev": server: allowed: an https URL'],
    ['no server', { cluster: { server: undefined } }, 'cluster "dev": server: allowed: an https URL'],
    ['a missing user', { context: { user: 'ops' } }, 'it has no user "ops"; it has: "dev"'],
    ['a missing CA file', { cluster: { 'certificate-authority': 'no.pem' } }, 'cannot be read: ENOENT'],
    ['a missing token file', { user: { tokenFile: 'no.token' } }, 'cannot be read: ENOENT'],
    ['no context', { top: { 'current-context': '' } }, 'current-context is missing; set it, or name a context'],
    ['no lists', { top: { clusters: undefined } }, 'clusters'],
  ])('with %s is refused, by file and field', (_name, parts, expected) => {
    const file = aKubeconfig(parts);
    const message = complaint(file);
    expect(message).toContain(`kubeconfig ${file}: `);
    expect(message).toContain(expected);
    expect(message).not.toContain('secret');
  });

  it('is refused without quoting it when it is not YAML', () => {
    const message = complaint(write('token: secret\n  bad: [\n'));
    expect(message).toContain('it is not YAML');
    expect(message).not.toContain('secret');
  });

  it('may have entries of other contexts that would be refused', () => {
    const file = aKubeconfig({
      top: {
        users: [
          { name: 'dev', user: { token: 'secret' } },
          { name: 'cloud', user: { exec: { command: 'sh' } } },
        ],
      },
    });
    expect(readKubeconfig(file).server.href).toBe('https://10.0.0.1:6443/');
  });

  it('is read for the context that is named', () => {
    expect(complaint(aKubeconfig(), 'prod')).toContain('it has no context "prod"; it has: "dev"');
    expect(readKubeconfig(aKubeconfig({ top: { 'current-context': 'other' } }), 'dev').files).toHaveLength(1);
  });

  it('may name files, which count from its folder, and takes the token from its file', () => {
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) writeFileSync(join(directory, name), 'x');
    writeFileSync(join(directory, 'token'), 'fresh\n');
    const { kubeConfig, files } = readKubeconfig(
      aKubeconfig({
        cluster: { 'certificate-authority': 'ca.pem' },
        user: { tokenFile: 'token', 'client-certificate': 'cert.pem', 'client-key': 'key.pem' },
      }),
    );
    expect(kubeConfig.getCurrentUser()?.token).toBe('fresh');
    expect(kubeConfig.getCurrentCluster()?.caFile).toBe(join(directory, 'ca.pem'));
    expect(files).toEqual(
      ['kubeconfig', 'ca.pem', 'cert.pem', 'key.pem', 'token'].map((name) => join(directory, name)),
    );
  });
});
