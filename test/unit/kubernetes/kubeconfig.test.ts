import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { KubeconfigError } from '../../../src/lib/kubernetes/errors.ts';
import { type KubeconfigSource, readKubeconfig } from '../../../src/lib/kubernetes/kubeconfig.ts';

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

function fileSource(path: string, context?: string): KubeconfigSource {
  return { kind: 'file', path, ...(context !== undefined && { context }) };
}

function complaint(file: string, context?: string): string {
  try {
    readKubeconfig(fileSource(file, context));
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
    expect(readKubeconfig(fileSource(file)).server.href).toBe('https://10.0.0.1:6443/');
  });

  it('is read for the context that is named', () => {
    expect(complaint(aKubeconfig(), 'prod')).toContain('it has no context "prod"; it has: "dev"');
    expect(readKubeconfig(fileSource(aKubeconfig({ top: { 'current-context': 'other' } }), 'dev')).files).toHaveLength(
      1,
    );
  });

  it('may name files, which count from its folder, and takes the token from its file', () => {
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) writeFileSync(join(directory, name), name);
    writeFileSync(join(directory, 'token'), 'fresh\n');
    const file = aKubeconfig({
      cluster: { 'certificate-authority': 'ca.pem' },
      user: { tokenFile: 'token', 'client-certificate': 'cert.pem', 'client-key': 'key.pem' },
    });
    expect(readKubeconfig(fileSource(file))).toEqual({
      server: new URL('https://10.0.0.1:6443'),
      token: 'fresh',
      ca: 'ca.pem',
      cert: 'cert.pem',
      key: 'key.pem',
      files: ['kubeconfig', 'ca.pem', 'cert.pem', 'key.pem', 'token'].map((name) => join(directory, name)),
    });
  });
});

describe('a kubeconfig of a Secret', () => {
  const text = (parts: Parts): string => readFileSync(aKubeconfig(parts), 'utf8');
  const refusal = (secret: string): string => {
    const source = { kind: 'text', name: 'Secret sluice-system/east', text: secret } as const;
    expect(() => readKubeconfig(source)).toThrow(KubeconfigError);
    try {
      readKubeconfig(source);
    } catch (error) {
      return String(error);
    }
    return '';
  };

  it('is read from memory, with data instead of files', () => {
    const data = (pem: string): string => Buffer.from(pem).toString('base64');
    const secret = text({
      cluster: { 'certificate-authority-data': data('ca') },
      user: { 'client-certificate-data': data('cert'), 'client-key-data': data('key') },
    });
    expect(readKubeconfig({ kind: 'text', name: 'Secret a/b', text: secret, context: 'dev' })).toEqual({
      server: new URL('https://10.0.0.1:6443'),
      token: 'secret',
      ca: 'ca',
      cert: 'cert',
      key: 'key',
      files: [],
    });
  });

  it.each([
    ['a token file', { user: { tokenFile: '/var/run/token' } }, 'user "dev": tokenFile is refused: it names a file'],
    ['a CA file', { cluster: { 'certificate-authority': 'ca.pem' } }, 'certificate-authority is refused: it names'],
    ['a key file', { user: { 'client-key': '../key.pem' } }, 'user "dev": client-key is refused: it names a file'],
    ['a command', { user: { exec: { command: 'sh' } } }, 'user "dev": exec is refused: it would run a command'],
  ])('with %s is refused by its name, and nothing of it is quoted', (_name, parts, expected) => {
    const message = refusal(text(parts));
    expect(message).toContain(`the kubeconfig of Secret sluice-system/east: `);
    expect(message).toContain(expected);
    expect(message).not.toMatch(/secret"|var.run|key\.pem/);
  });

  it.each([
    'token: secret-word\n  bad: [\n',
    '&secret-word [*secret-word',
    '%secret-word\n---\n!!secret-word {',
    '"secret-word',
  ])('that is no YAML is refused without a word of it: %j', (broken) => {
    const message = refusal(broken);
    expect(message).not.toContain('secret-word');
    expect(message).toContain('Secret sluice-system/east');
  });
});
