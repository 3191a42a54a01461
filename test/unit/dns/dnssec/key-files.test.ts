import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyFileName, loadKeys, saveKey } from '../../../../src/planes/dns/dnssec/key-files.ts';
import { generateKey, scalarOf } from '../../../../src/planes/dns/dnssec/signing-key.ts';

const ZONE = 'example.test';
const DAY = 86_400;
/** When the keys below were made. */
const MADE = Date.UTC(2026, 10, 21, 12, 52, 49) / 1_000;

interface KeyText {
  readonly name: string;
  readonly key: string;
  readonly private: string;
}

/** Made by dnssec-keygen of BIND 9.18: -a ECDSAP256SHA256 -f KSK -L 3600 example.test */
const ACTIVE: KeyText = {
  name: 'Kexample.test.+013+42127',
  key: `; This is a key-signing key, keyid 42127, for example.test.
; Created: 20261121125249 (Sat Nov 21 12:52:49 2026)
; Publish: 20261121125249 (Sat Nov 21 12:52:49 2026)
; Activate: 20261121125249 (Sat Nov 21 12:52:49 2026)
example.test. 3600 IN DNSKEY 257 3 13 jfoQePbU5PpHP3DUQ0S4xoJ1pc2CzpF5jr4eF9AV3HsV8/06JJvrswPh AlUExHB4b2uH5i6pKftyiprO2YkGZQ==
`,
  private: `Private-key-format: v1.3
Algorithm: 13 (ECDSAP256SHA256)
PrivateKey: 6kv60XmNm7UuOr4j4qH9vz34/Cr6WjCRcv1zBEnJ3f8=
Created: 20261121125249
Publish: 20261121125249
Activate: 20261121125249
`,
};

/** The same with -A +30d and Example.test. Its secret number happens to have 31 octets. */
const LATER: KeyText = {
  name: 'Kexample.test.+013+49989',
  key: `; This is a key-signing key, keyid 49989, for Example.test.
; Created: 20261121125249 (Sat Nov 21 12:52:49 2026)
; Publish: 20261121125249 (Sat Nov 21 12:52:49 2026)
; Activate: 20261221125249 (Mon Dec 21 12:52:49 2026)
Example.test. IN DNSKEY 257 3 13 L++S21JaGN7fEpdME0+zCSHWsPC3Fz+mA6zpLUm1ustBmN6qMfFSGRdL Rv69Nm1knzpn81g/3IUqmnfTFwl3AA==
`,
  private: `Private-key-format: v1.3
Algorithm: 13 (ECDSAP256SHA256)
PrivateKey: oZcNzkJ2I5Sbdujvts9LkPxxQNVuplO+MNvZyNfIug==
Created: 20261121125249
Publish: 20261121125249
Activate: 20261221125249
`,
};

/** Without -f KSK. */
const ZONE_SIGNING: KeyText = {
  name: 'Kexample.test.+013+06110',
  key: 'example.test. IN DNSKEY 256 3 13 sNNQdo9yc0ggxU0uHzErN98QQjXBwHqy2eENsZm/t4e07wcS0/R990CY kxh/JDmodPGur9FbqTfPeAc7Sz1mSw==\n',
  private: `Private-key-format: v1.3
Algorithm: 13 (ECDSAP256SHA256)
PrivateKey: vTCQu8ACW0YghqN3RGVXXfNRM+IU1BlLGGMZjg/4JEk=
`,
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function put(text: KeyText, changes: Partial<KeyText> = {}): Promise<void> {
  const { name, key, private: secret } = { ...text, ...changes };
  await writeFile(join(directory, `${name}.key`), key);
  await writeFile(join(directory, `${name}.private`), secret, { mode: 0o600 });
}

/** Key tag and state of each, in order. */
async function states(now: number): Promise<readonly string[]> {
  return (await loadKeys(directory, ZONE, now)).map(({ keyTag, state }) => `${keyTag} ${state}`);
}

describe('keys of dnssec-keygen', () => {
  it('are read, whatever the case of the zone', async () => {
    await put(ACTIVE);
    const [key] = await loadKeys(directory, 'Example.Test.', MADE);
    expect(key).toMatchObject({ zone: ZONE, keyTag: 42_127, state: 'active' });
    expect(key?.dnskeyData.toString('hex', 0, 4)).toBe('0101030d');
  });

  it('are read when a leading zero of the secret was left out', async () => {
    await put(LATER);
    const [key] = await loadKeys(directory, ZONE, MADE + 31 * DAY);
    expect(key?.keyTag).toBe(49_989);
    expect(key && scalarOf(key).length).toBe(32);
  });

  it('sign and stand in the DNSKEY set by their times', async () => {
    await put(ACTIVE);
    await put(LATER);
    expect(await states(MADE)).toEqual(['42127 active', '49989 published']);
    expect(await states(MADE + 30 * DAY)).toEqual(['49989 active', '42127 published']);
  });

  const timed = (times: string) => ACTIVE.private.replace(/Created[^]*/, times);
  it.each([
    ['no times', '', ['42127 active', '49989 published']],
    [
      'an Inactive time in the past',
      'Activate: 20261221235959\nInactive: 20261222000000\n',
      ['49989 active', '42127 published'],
    ],
    ['a Delete time in the past', 'Activate: 20261121125249\nDelete: 20261222000000\n', ['49989 active']],
    ['a Publish time to come', 'Publish: 20290101000000\n', ['49989 active']],
    ['a Publish time and no Activate', 'Publish: 20261121125249\n', ['49989 active', '42127 published']],
  ])('are used as told when one has %s', async (what, times, expected) => {
    await put(ACTIVE, { private: timed(times) });
    await put(LATER);
    const now = what === 'no times' ? MADE : MADE + 32 * DAY;
    expect(await states(now)).toEqual(expected);
  });

  it('of other zones are left alone', async () => {
    await put(ACTIVE);
    expect(await loadKeys(directory, 'test', MADE)).toEqual([]);
    expect(await loadKeys(directory, 'other.test', MADE)).toEqual([]);
  });
});

describe('keys that cannot be used', () => {
  const secret = /6kv60XmNm7UuOr4j4qH9vz34/;
  const of = (field: RegExp, text: string) => ({ private: ACTIVE.private.replace(field, text) });
  it.each<[string, KeyText, Partial<KeyText>, RegExp]>([
    ['a secret cut short', ACTIVE, of(/f8=/, ''), /\.private: PrivateKey is damaged/],
    ['no secret', ACTIVE, of(/PrivateKey.*/, ''), /\.private: PrivateKey is damaged/],
    ['a secret that is no number of the curve', ACTIVE, of(/: 6kv.*/, `: ${'A'.repeat(43)}=`), /\.private: /],
    ['an empty file', ACTIVE, { private: '' }, /\.private: Private-key-format is ""/],
    ['another algorithm', ACTIVE, of(/13 .*/, '15 (ED25519)'), /Algorithm is "15 \(ED25519\)": only 13/],
    [
      'a time that is none',
      ACTIVE,
      of(/Activate: .*/, 'Activate: 20261341000000'),
      /Activate is "20261341000000": write/,
    ],
    ['no record', ACTIVE, { key: '; nothing\n' }, /\.key: it has no DNSKEY record/],
    ['a public key cut short', ACTIVE, { key: ACTIVE.key.replace(' AlUE', '') }, /\.key: its public key is damaged/],
    ['the public key of another', ACTIVE, { key: LATER.key }, /are of different keys/],
    [
      'the name of another zone',
      ACTIVE,
      { key: ACTIVE.key.replace('example.test. 3', 'other.test. 3') },
      /key of other\.test, not of example\.test/,
    ],
    [
      'another tag in its name',
      ACTIVE,
      { name: 'Kexample.test.+013+00001' },
      /key tag 42127: rename its two files to Kexample\.test\.\+013\+42127/,
    ],
    [
      'the flags of a zone-signing key',
      ZONE_SIGNING,
      {},
      /its DNSKEY is "256 3 13": .* dnssec-keygen -a ECDSAP256SHA256 -f KSK/,
    ],
  ])('are told of by file: %s', async (_, text, changes, message) => {
    await put(text, changes);
    const error: unknown = await loadKeys(directory, ZONE, MADE).catch((found: unknown) => found);
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain(directory);
    expect(String(error)).not.toMatch(secret);
  });

  it.each([0o640, 0o604, 0o660])('are refused when others may use them: %o', async (mode) => {
    await put(ACTIVE);
    const path = join(directory, `${ACTIVE.name}.private`);
    await chmod(path, mode);
    const found = `(mode 0${mode.toString(8)}): run chmod 600 ${path}`;
    await expect(loadKeys(directory, ZONE, MADE)).rejects.toThrow(found);
  });

  it.each(['key', 'private'])('are refused when the .%s file is missing', async (ending) => {
    await put(ACTIVE);
    const path = join(directory, `${ACTIVE.name}.${ending}`);
    await rm(path);
    await expect(loadKeys(directory, ZONE, MADE)).rejects.toThrow(`${path} cannot be read: each key needs`);
  });

  it('are refused when none of them signs', async () => {
    await put(LATER);
    await expect(loadKeys(directory, ZONE, MADE)).rejects.toThrow(
      /no key of example\.test in .* signs now \(found .*49989\)/,
    );
  });
});

describe('a new key', () => {
  it('is saved for the owner alone and read again', async () => {
    const key = generateKey(ZONE);
    expect(await saveKey(directory, key, MADE)).toBe('created');
    const path = join(directory, keyFileName(key));
    expect((await stat(`${path}.private`)).mode & 0o777).toBe(0o600);
    const [read] = await loadKeys(directory, ZONE, MADE);
    expect(read).toMatchObject({ keyTag: key.keyTag, publicKey: key.publicKey, state: 'active' });
    expect(read && scalarOf(read)).toEqual(scalarOf(key));
  });

  it('looks like one of dnssec-keygen', async () => {
    await put(ACTIVE);
    const [key] = await loadKeys(directory, ZONE, MADE);
    if (key === undefined) throw new Error('no key');
    const copy = join(directory, 'copy');
    await saveKey(copy, key, MADE);
    const path = join(copy, ACTIVE.name);
    expect(await readFile(`${path}.private`, 'utf8')).toBe(ACTIVE.private);
    const plain = (text: string) => text.replaceAll(/ \(.*\)/g, '').replaceAll(/(?<=\S{56}) /g, '');
    expect(plain(await readFile(`${path}.key`, 'utf8'))).toBe(plain(ACTIVE.key));
  });

  it('waits in the DNSKEY set when it was made for later', async () => {
    const [now, later] = [generateKey(ZONE), generateKey(ZONE, 'published')];
    await saveKey(directory, now, MADE);
    await saveKey(directory, later, MADE + DAY);
    expect(await states(MADE + 2 * DAY)).toEqual([`${now.keyTag} active`, `${later.keyTag} published`]);
  });

  it.each(['key', 'private'])('never overwrites the .%s file of another', async (ending) => {
    const key = generateKey(ZONE);
    const path = join(directory, `${keyFileName(key)}.${ending}`);
    await writeFile(path, 'precious');
    expect(await saveKey(directory, key)).toBe('exists');
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('is not looked for where there is no directory', async () => {
    expect(await loadKeys(join(directory, 'absent'), ZONE)).toEqual([]);
  });
});
