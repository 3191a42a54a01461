import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKeys, saveKey } from '../../../src/planes/dns/dnssec/key-files.ts';
import { generateKey } from '../../../src/planes/dns/dnssec/signing-key.ts';
import { parseZoneFile } from '../../../src/planes/dns/zone-file/parse-zone-file.ts';
import { type Config, loadConfig } from '../../../src/worker/config.ts';
import { checkDnsSettings } from '../../../src/worker/dns-tools/check-settings.ts';
import { delegation } from '../../../src/worker/dns-tools/delegation.ts';
import { ds } from '../../../src/worker/dns-tools/ds.ts';
import { keygen } from '../../../src/worker/dns-tools/keygen.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-dns-tools-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function config(settings: object, files: Readonly<Record<string, string>> = {}): Promise<Config> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const path = join(directory, 'sluice.yaml');
  await writeFile(path, JSON.stringify(settings));
  return loadConfig(path);
}

const linesOf = async (settings: object, files?: Readonly<Record<string, string>>) =>
  (await delegation(await config(settings, files))).trimEnd().split('\n');
const records = (lines: readonly string[]) => lines.filter((line) => !/^;|^$/.test(line));
const warnings = (lines: readonly string[]) => lines.filter((line) => line.startsWith('; warning'));

const NS1 = { name: 'ns1.example.com', addresses: ['8.8.8.8', '2606:4700::53'] };

describe('the records that the zone above needs', () => {
  it('are NS and glue of the settings; of a name server outside the zone the addresses are not ours to give', async () => {
    const nameServers = [NS1, { name: 'ns.example.net', addresses: ['8.8.4.4'] }];
    const lines = await linesOf({ zones: [{ name: 'example.com', nameServers }] });
    expect(records(lines)).toEqual([
      'example.com. 300 IN NS ns1.example.com.',
      'example.com. 300 IN NS ns.example.net.',
      'ns1.example.com. 300 IN A 8.8.8.8',
      'ns1.example.com. 300 IN AAAA 2606:4700::53',
    ]);
    expect(lines[0]).toBe(
      '; example.com: put these records into the zone above it (com), or give them to its registrar',
    );
    expect(lines.at(-1)).toBe('; no DS: the zone is not signed (it has no keysDirectory)');
    expect(warnings(lines)).toEqual([]);
  });

  it('are those of the zone file where that has some', async () => {
    const file = [
      '$TTL 3600',
      '@ NS a.ns',
      '@ NS NS2.example.com.',
      'a.ns A 8.8.8.8',
      'ns2 A 8.8.4.4',
      'ns2 TXT "not glue"',
      'child NS ns.child',
      'ns.child A 9.9.9.9',
    ].join('\n');
    const lines = await linesOf({ zones: [{ name: 'example.com', file: 'zone', nameServers: [NS1] }] }, { zone: file });
    expect(records(lines)).toEqual([
      'example.com. 3600 IN NS a.ns.example.com.',
      'example.com. 3600 IN NS NS2.example.com.',
      'a.ns.example.com. 3600 IN A 8.8.8.8',
      'ns2.example.com. 3600 IN A 8.8.4.4',
    ]);
    expect(warnings(lines)).toEqual([]);
  });

  it('can be read as a zone file, comments and all', async () => {
    const settings = await config({ zones: [{ name: 'example.com', nameServers: [NS1], keysDirectory: 'keys' }] });
    await saveKey(join(directory, 'keys'), generateKey('example.com'));
    const parsed = parseZoneFile(await delegation(settings), { zone: 'com', file: 'delegation' });
    expect(parsed).toMatchObject({ kind: 'valid', zone: { records: { length: 4 } } });
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['100.64.0.1', 'carrier-internal'],
    ['169.254.1.1', 'link-local'],
    ['192.0.2.1', 'reserved'],
    ['::1', 'loopback'],
    ['fd00::1', 'private'],
    ['fe80::1', 'link-local'],
  ])('come with a warning for %s', async (address, kind) => {
    const nameServers = [{ name: 'ns1.example.com', addresses: [address] }];
    const lines = await linesOf({ zones: [{ name: 'example.com', nameServers }] });
    expect(warnings(lines)).toEqual([
      `; warning: ${address} is a ${kind} address, which resolvers elsewhere cannot reach: set public ones in zones[].nameServers`,
    ]);
  });

  it('come with a warning when a name server in the zone has no address', async () => {
    const lines = await linesOf({ zones: ['example.com'], dns: { listen: ['0.0.0.0:5300'] } });
    expect(warnings(lines)).toEqual([
      '; warning: ns1.example.com. has no address, so nobody can find it: give it one in zones[].nameServers, or in the zone file',
    ]);
  });

  it('have no DS while there is no key, and say how to make one', async () => {
    const lines = await linesOf({ zones: [{ name: 'example.com', keysDirectory: 'keys' }] });
    expect(lines.at(-1)).toMatch(/^; no DS: there is no key in .*keys; make one with: sluice dns keygen example\.com$/);
  });

  it('are none for a zone inside another one of the settings, but DS when it is signed', async () => {
    const inner = { name: 'eu.example.com', keysDirectory: 'keys' };
    const outer = { name: 'example.com', nameServers: [NS1] };
    const ofInner = (lines: readonly string[]) => lines.slice(lines.findIndex((line) => line.startsWith('; eu.')));
    const unsigned = ofInner(await linesOf({ zones: [outer, 'eu.example.com'] }));
    expect(unsigned[0]).toBe('; eu.example.com: needs nothing in example.com, which is served here too');
    expect(records(unsigned)).toEqual([]);
    await saveKey(join(directory, 'keys'), generateKey('eu.example.com'));
    const signed = ofInner(await linesOf({ zones: [outer, inner] }));
    expect(records(signed)).toEqual([expect.stringMatching(/^eu\.example\.com\. 3600 IN DS /)]);
  });

  it('are not printed of a zone file that is wrong', async () => {
    const settings = await config({ zones: [{ name: 'example.com', file: 'zone' }] }, { zone: '@ NS\n' });
    await expect(delegation(settings)).rejects.toMatchObject({ name: 'ConfigError' });
  });
});

describe('keys', () => {
  const zones = [{ name: 'example.com', keysDirectory: 'keys' }, 'example.org'];
  const keys = () => loadKeys(join(directory, 'keys'), 'example.com');
  const timesOf = (keyTag = 0) =>
    readFile(join(directory, 'keys', `Kexample.com.+013+${String(keyTag).padStart(5, '0')}.private`), 'utf8');
  const make = () => keygen({ zone: 'example.com', configPath: join(directory, 'sluice.yaml') });

  it('are made so that the first signs and a further one does not', async () => {
    await config({ zones });
    expect(await make()).toContain('Only then publish the DS in the zone above:');
    const [first] = await keys();
    const second = await make();
    const after = await keys();
    expect(after.map(({ keyTag, state }) => [keyTag === first?.keyTag, state])).toEqual([
      [true, 'active'],
      [false, 'published'],
    ]);
    // Within one second a tie would hide it.
    expect(await timesOf(first?.keyTag)).toContain('Activate');
    expect(await timesOf(after[1]?.keyTag)).not.toContain('Activate');
    expect(second).toContain(`The key ${first?.keyTag} goes on signing example.com.`);
    expect(second).toContain(`example.com. 3600 IN DS ${after[1]?.keyTag} 13 2 `);
  });

  it('are all in the DS set, of one zone or of all', async () => {
    const settings = await config({ zones });
    await make();
    await make();
    const all = await ds(settings);
    expect(all).toMatchObject({
      kind: 'printed',
      text: expect.stringMatching(/^(example\.com\. 3600 IN DS .*\n){2}$/),
    });
    expect(await ds(settings, 'EXAMPLE.com.')).toEqual(all);
    expect(await ds(settings, 'example.org')).toMatchObject({ kind: 'none' });
    await expect(ds(settings, 'other.test')).rejects.toThrow('they have example.com, example.org');
  });

  it('that are missing where a zone is to be signed are to be made for that zone', async () => {
    const settings = await config({ zones: ['example.org', zones[0]] });
    const advice = 'no zone has a key to be signed with; make one with: sluice dns keygen example.com';
    expect(await ds(settings)).toEqual({ kind: 'none', message: advice });
  });

  it('that cannot be used are wrong settings', async () => {
    const settings = await config({ zones });
    await make();
    const [key] = await keys();
    await rm(join(directory, 'keys', `Kexample.com.+013+${String(key?.keyTag).padStart(5, '0')}.key`));
    await expect(ds(settings)).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('.key') });
    await expect(make()).rejects.toMatchObject({ name: 'ConfigError' });
  });
});

describe('settings that cannot work are refused before anything starts:', () => {
  it('a network of a gateway that is none', async () => {
    const cluster = { name: 'east', kubeconfig: 'x', gateway: { cidrs: ['192.0.2.0/33'] } };
    await expect(config({ zones: ['example.com'], clusters: [cluster] })).rejects.toThrow(
      /allowed: a network, such as 192\.0\.2\.0\/24[^]*clusters\[0\]\.gateway\.cidrs\[0\]/,
    );
  });

  it('a query log that cannot be written', async () => {
    const settings = await config({ zones: ['example.com'], dns: { queryLog: { file: 'none/queries.jsonl' } } });
    await expect(checkDnsSettings(settings)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('dns.queryLog.file: '),
    });
  });

  it('settings that are not there', () => {
    const file = join(directory, 'none.yaml');
    expect(() => loadConfig(file)).toThrow(`there is no ${file}; write one, or name another file with --config`);
  });
});
