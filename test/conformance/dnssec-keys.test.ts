import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyFileName, saveKey } from '../../src/planes/dns/dnssec/key-files.ts';
import { generateKey, type SigningKey } from '../../src/planes/dns/dnssec/signing-key.ts';
import { DnsProcess } from '../support/dns-process.ts';
import { DNSSEC_OK } from '../support/dns-wire.ts';
import { Delv } from '../support/dnssec/delv.ts';
import { ZONE } from '../support/dnssec/signed-server.ts';
import { needs } from '../support/needs.ts';
import { ServerUnderTest } from './server-under-test.ts';

const ADDRESS = { host: '127.0.0.1', port: 15_565 };
const TYPE = { DNSKEY: 48, CDS: 59, CDNSKEY: 60 };
/** What the command line ends with for settings that are wrong. */
const USAGE = 2;

describe('the keys of a zone', () => {
  let directory = '';
  let keysDirectory = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-dnssec-keys-'));
    keysDirectory = join(directory, 'keys');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const aProcess = () => new DnsProcess({ directory, address: ADDRESS, zones: [{ name: ZONE, keysDirectory }] });

  async function aKey(state: SigningKey['state'] = 'active'): Promise<SigningKey> {
    const key = generateKey(ZONE, state);
    expect(await saveKey(keysDirectory, key)).toBe('created');
    return key;
  }

  const fileOf = (key: SigningKey, part: 'private' | 'key') => join(keysDirectory, `${keyFileName(key)}.${part}`);

  describe('stop the start, with what to do, when', () => {
    const wrong: readonly (readonly [string, () => Promise<void>, readonly string[]])[] = [
      ['there is no directory', async () => undefined, ['has no key of the zone', `sluice dns keygen ${ZONE}`]],
      [
        'the directory is empty',
        async () => mkdirSync(keysDirectory),
        ['has no key of the zone', `sluice dns keygen ${ZONE}`],
      ],
      [
        'the only key is one of another zone',
        async () => void (await saveKey(keysDirectory, generateKey('example.org'))),
        ['has no key of the zone', `sluice dns keygen ${ZONE}`],
      ],
      [
        'others can read the secret',
        async () => chmodSync(fileOf(await aKey(), 'private'), 0o640),
        ['can be used by others than its owner (mode 0640)', 'chmod 600'],
      ],
      [
        'half of a key is missing',
        async () => rmSync(fileOf(await aKey(), 'key')),
        ['cannot be read: each key needs its .key and its .private file'],
      ],
      ['no key signs yet', async () => void (await aKey('published')), ['signs now', 'dnssec-settime -A now']],
      [
        'a file is damaged',
        async () => {
          const path = fileOf(await aKey(), 'private');
          writeFileSync(path, readFileSync(path, 'utf8').slice(0, 60), { mode: 0o600 });
        },
        ['.private: PrivateKey is damaged'],
      ],
    ];
    it.each(wrong)('%s', async (_name, prepare, words) => {
      await prepare();
      const { exitCode, output } = await aProcess().run();
      expect(exitCode, output).toBe(USAGE);
      expect(output).toContain('error: ');
      for (const word of [keysDirectory, ...words]) expect(output).toContain(word);
      // Neither a stack nor anything secret.
      expect(output).not.toMatch(/\n {4}at |PrivateKey:|[A-Za-z0-9+/]{43}=/);
      expect(output.trim().split('\n')).toHaveLength(1);
    });
  });

  describe.skipIf(!needs('delv', 'bind9-dnsutils'))('roll over', () => {
    it('without a moment in which delv finds a fault: the next one is published, then signs, then the old one leaves', async () => {
      const old = await aKey();
      const next = await aKey('published');
      const scratch = join(directory, 'scratch');
      mkdirSync(scratch);
      const trusting = (key: SigningKey) => new Delv({ directory: scratch, address: ADDRESS, key });
      const validated = /^; fully validated\n/;

      await whileServed(async (server) => {
        // The parent lists both from now on.
        expect(await trusting(old).ask(ZONE, 'SOA')).toMatch(validated);
        for (const type of Object.values(TYPE)) expect(await countOf(server, type)).toBe(2);
      });

      editTiming(fileOf(old, 'private'), 'Inactive');
      editTiming(fileOf(next, 'private'), 'Activate');
      await whileServed(async (server) => {
        expect(await trusting(next).ask(ZONE, 'SOA')).toMatch(validated);
        expect(await trusting(old).ask(ZONE, 'SOA')).not.toMatch(validated);
        expect(await countOf(server, TYPE.DNSKEY)).toBe(2);
      });

      for (const part of ['key', 'private'] as const) rmSync(fileOf(old, part));
      expect(readdirSync(keysDirectory)).toHaveLength(2);
      await whileServed(async (server) => {
        expect(await trusting(next).ask(ZONE, 'SOA')).toMatch(validated);
        for (const type of Object.values(TYPE)) expect(await countOf(server, type)).toBe(1);
      });
    });
  });

  async function whileServed(look: (server: ServerUnderTest) => Promise<void>): Promise<void> {
    const running = await aProcess().start();
    try {
      await look(new ServerUnderTest({ name: 'sluice', address: ADDRESS }));
    } finally {
      await running.stop();
    }
  }

  async function countOf(server: ServerUnderTest, type: number): Promise<number> {
    const { answers } = await server.ask(ZONE, { type, edns: { flags: DNSSEC_OK } });
    return answers.filter((record) => record.type === type).length;
  }

  /** As dnssec-settime does it. */
  function editTiming(path: string, field: 'Inactive' | 'Activate'): void {
    writeFileSync(path, `${readFileSync(path, 'utf8')}${field}: 20260101000000\n`, { mode: 0o600 });
  }
});
