import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCookieSecrets, newCookieSecret } from '../../../../src/planes/dns/limits/cookie-secrets.ts';

const FIRST = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const SECOND = '445536BCD2513298075A5D379663C962';

describe('the file of cookie secrets', () => {
  let directory = '';
  let path = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-cookies-'));
    path = join(directory, 'secrets');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = async (content: string, mode = 0o600) => {
    await writeFile(path, content);
    await chmod(path, mode);
  };

  it('gives its secrets in order, without remarks and empty lines', async () => {
    await write(`# since March\r\n${FIRST}\r\n\n  ${SECOND}\n`);
    const secrets = await loadCookieSecrets(path);
    expect(secrets.map((secret) => secret.toString('hex'))).toEqual([FIRST, SECOND.toLowerCase()]);
  });

  it.each([0o640, 0o604, 0o660, 0o601])('is refused when others can reach it (mode %o)', async (mode) => {
    await write(FIRST, mode);
    await expect(loadCookieSecrets(path)).rejects.toThrow(
      `the cookie secrets ${path} have mode 0${mode.toString(8)}: only their owner may reach them; run chmod 600 ${path}`,
    );
  });

  it.each([0o600, 0o400])('is read with mode %o', async (mode) => {
    await write(FIRST, mode);
    expect(await loadCookieSecrets(path)).toHaveLength(1);
  });

  it.each([
    ['too short', FIRST.slice(1), 'line 1', '31 characters'],
    ['too long, on the second line', `${FIRST}\n${SECOND}0`, 'line 2', '33 characters'],
    ['not hexadecimal', `${FIRST.slice(1)}g`, 'line 1', '32 characters'],
  ])('is refused with a secret that is %s, without showing it', async (_name, content, line, length) => {
    await write(content);
    const error: unknown = await loadCookieSecrets(path).catch((reason: unknown) => reason);
    expect(String(error)).toContain(line);
    expect(String(error)).toContain(length);
    expect(String(error)).toContain('32 hexadecimal digits');
    expect(String(error)).not.toContain(FIRST.slice(2, -2));
  });

  it.each([
    ['none', '# nothing yet\n', 0],
    ['five', `${FIRST}\n`.repeat(5), 5],
  ])('is refused with %s', async (_name, content, count) => {
    await write(content);
    await expect(loadCookieSecrets(path)).rejects.toThrow(`have ${count} lines of secrets; allowed: 1 to 4`);
  });

  it('is named when it is not there', async () => {
    await expect(loadCookieSecrets(path)).rejects.toThrow(path);
  });
});

describe('a new cookie secret', () => {
  it('has 16 octets and is never the same', () => {
    const secrets = Array.from({ length: 100 }, newCookieSecret);
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(100);
    expect(secrets.every(({ length }) => length === 16)).toBe(true);
  });
});
