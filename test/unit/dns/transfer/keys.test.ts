import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readTsigKey, tsigKey } from '../../../../src/planes/dns/transfer/keys.ts';
import { SECRET } from './support.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-tsig-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function aFile(content: string, mode = 0o600): string {
  const path = join(directory, `${Math.random()}.secret`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const settings = { name: 'Transfer.Example.test.', algorithm: 'hmac-sha256' };
const good = SECRET.toString('base64');

describe('a TSIG key', () => {
  it('is read from a file of its owner, a line end and a dot at the end left out', async () => {
    const key = await readTsigKey({ ...settings, secretFile: aFile(`${good}\n`) });
    expect(key).toMatchObject({ name: 'Transfer.Example.test', algorithm: 'hmac-sha256' });
    expect(key.wireName.toString('latin1')).toBe('\x08transfer\x07example\x04test\x00');
    expect(key.secret.export()).toEqual(SECRET);
  });

  it.each([0o640, 0o604, 0o620])('is not read from a file that others can use (%o)', async (mode) => {
    const secretFile = aFile(good, mode);
    await expect(readTsigKey({ ...settings, secretFile })).rejects.toThrow(`run chmod 600 ${secretFile}`);
  });

  it.each([
    ['', /is no secret/],
    ['not base64!', /is no secret/],
    [good.slice(0, -1), /is no secret/],
    [`${good} ${good}`, /is no secret/],
    [Buffer.alloc(15).toString('base64'), /has 15 octets, it needs at least 16/],
  ])('is not made of %j', async (content, message) => {
    await expect(readTsigKey({ ...settings, secretFile: aFile(content) })).rejects.toThrow(message);
  });

  it('names its key and its file when the file is missing', async () => {
    const secretFile = join(directory, 'missing');
    await expect(readTsigKey({ ...settings, secretFile })).rejects.toThrow(/Transfer\.Example\.test\..*missing/);
  });

  it.each([
    ['a', 'hmac-sha1', /"hmac-sha1": allowed are hmac-sha256, hmac-sha384, hmac-sha512/],
    ['a', 'toString', /"toString": allowed are/],
    ['', 'hmac-sha256', /is no name of a TSIG key/],
    ['a..b', 'hmac-sha256', /is no name of a TSIG key/],
  ])('is refused with the name "%s" and the algorithm %s', (name, algorithm, message) => {
    expect(() => tsigKey(name, algorithm, SECRET)).toThrow(message);
  });

  it('does not show its secret when it is printed', () => {
    const key = tsigKey('a', 'hmac-sha256', SECRET);
    const printed = `${inspect(key, { depth: 9 })} ${JSON.stringify(key)}`;
    for (const shown of [SECRET.toString(), SECRET.toString('base64'), SECRET.toString('hex'), SECRET.join(',')]) {
      expect(printed).not.toContain(shown.slice(0, 12));
    }
  });
});
