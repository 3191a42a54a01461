import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allows, hashToken, identify, ROLES } from '../../../src/api/auth/auth.ts';
import { checkListen, openAuth } from '../../../src/api/auth/listen.ts';
import { readTokensFile } from '../../../src/api/auth/tokens-file.ts';
import { tokenAuth } from './api.ts';

describe('identify', () => {
  it.each([
    ['no header', undefined, 'missing'],
    ['another scheme', 'Basic viewer-token', 'wrong'],
    ['no token', 'Bearer ', 'wrong'],
    ['an unknown token', 'Bearer nobody-token', 'wrong'],
    ['a hash instead of a token', `Bearer ${hashToken('admin-token')}`, 'wrong'],
    ['two tokens', 'Bearer admin-token viewer-token', 'wrong'],
  ])('does not know who sends %s', (_, header, kind) => {
    expect(identify(tokenAuth, header).kind).toBe(kind);
  });

  it.each(ROLES)('knows the token of a %s', (role) => {
    const identity = { name: `${role}-name`, role };
    expect(identify(tokenAuth, `Bearer ${role}-token`)).toEqual({ kind: 'known', identity });
  });

  it('takes everybody for an admin where there are no tokens', () => {
    const identity = { name: 'anonymous', role: 'admin' };
    expect(identify(openAuth({ host: '127.0.0.1', port: 8080 }), undefined)).toEqual({ kind: 'known', identity });
  });
});

it('lets each role do what the ones before it may', () => {
  const matrix = ROLES.map((role) => ROLES.map((needed) => allows(role, needed)));
  expect(matrix).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});

describe('checkListen', () => {
  const listen = (host: string) => ({ host, port: 8080 });

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1'])(
    'lets %s start without tokens',
    (host) => {
      expect(checkListen(listen(host), openAuth(listen(host)))).toBeUndefined();
    },
  );

  it.each(['0.0.0.0', '::', '', '10.0.0.1', 'example.test', '::ffff:10.0.0.1', 'localhost.example.test', '127.1'])(
    'refuses %j without tokens, and says why and what to do',
    (host) => {
      const message = checkListen(listen(host), openAuth(listen(host)));
      expect(message).toMatch(/without tokens/);
      expect(message).toMatch(/tokens file/);
      expect(message).toMatch(/127\.0\.0\.1/);
      expect(checkListen(listen(host), tokenAuth)).toBeUndefined();
    },
  );
});

describe('the tokens file', () => {
  const hash = hashToken('secret');

  it('is a YAML list of name, role and hash', async () => {
    const path = await aFile(`# who\n- { name: alice, role: admin, sha256: ${hash} }\n`);
    const { auth, warnings } = await readTokensFile(path);
    expect(auth.tokens).toEqual([{ name: 'alice', role: 'admin', sha256: hash }]);
    expect(warnings).toEqual([]);
  });

  it('may be JSON', async () => {
    const path = await aFile(JSON.stringify([{ name: 'ci@shop', role: 'operator', sha256: hash }]));
    expect(identify((await readTokensFile(path)).auth, 'Bearer secret').kind).toBe('known');
  });

  it('is warned about when others can read it', async () => {
    const path = await aFile(`- { name: alice, role: admin, sha256: ${hash} }\n`);
    await chmod(path, 0o640);
    expect((await readTokensFile(path)).warnings[0]).toMatch(/mode 0640.*chmod 600/);
  });

  it.each([
    ['a token instead of its hash', '- { name: a, role: admin, sha256: secret }', /\[0\]\.sha256: .*never the token/],
    ['an unknown role', `- { name: a, role: root, sha256: ${hash} }`, /\[0\]\.role: found "root".*viewer/],
    ['an unknown field', `- { name: a, role: admin, sha256: ${hash}, token: x }`, /\[0\]\.token/],
    ['a name that breaks a log line', `- { name: "a\\nb", role: admin, sha256: ${hash} }`, /\[0\]\.name/],
    ['no token at all', '[]', /1 to/],
    ['a name twice', `- &a { name: a, role: admin, sha256: ${hash} }\n- *a`, /\[1\]\.name: the same as \[0\]\.name/],
    ['broken YAML', '- { name: a', /line 1/],
  ])('refuses %s', async (_, content, message) => {
    await expect(readTokensFile(await aFile(content))).rejects.toThrow(message);
  });

  it.each(['- { name: a, role: admin, sha256: hunter2 }', '- hunter2', 'hunter2'])(
    'never says a token that stands in the wrong place: %s',
    async (content) => {
      await expect(readTokensFile(await aFile(content))).rejects.toThrow(/allowed: /);
      await expect(readTokensFile(await aFile(content))).rejects.not.toThrow(/hunter2/);
    },
  );
});

async function aFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-tokens-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'tokens.yaml');
  await writeFile(path, content, { mode: 0o600 });
  return path;
}
