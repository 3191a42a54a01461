import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DnsExplanation, ExplainedByServer } from '../../../src/client/http/dns-schemas.ts';
import { type Answer, json, problem, startFakeApi } from './fake-api.ts';
import { sluice } from './run-program.ts';

const HOST = 'shop.example.test';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-dns-tools-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** Runs the program against a server that answers so. */
async function against(answer: Answer, args: readonly string[]) {
  await using api = await startFakeApi(answer);
  const run = await sluice(args, { env: { SLUICE_SERVER: api.url } });
  return { ...run, asked: api.asked };
}

/** Writes files and gives their paths; settings name others relative to themselves. */
async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

describe('sluice explain', () => {
  const explained: ExplainedByServer = {
    kind: 'explained',
    server: '127.0.0.1:5300',
    revision: 7,
    ttlSeconds: 5,
    client: '198.51.100.0/24',
    routing: 'weighted',
    draw: 'stratified',
    failsOpen: false,
    clusters: [
      {
        cluster: 'east',
        share: 9_000,
        health: { state: 'up', since: '2026-03-01T12:00:00Z', message: 'answered 200' },
      },
      { cluster: 'west', share: 1_000, health: { state: 'down', since: '2026-03-01T12:00:00Z', message: 'refused' } },
    ],
    answers: [{ type: 'A', clusters: ['east'], scopeBits: 0 }],
  };
  const explanation: DnsExplanation = {
    host: HOST,
    subnet: '198.51.100.0/24',
    servers: [explained, { kind: 'unknown', server: '127.0.0.2:5300', reason: 'NoAnswer', message: 'says nothing' }],
    summary: ['A always east, the only cluster that can', 'says nothing'],
  };
  const answer: Answer = (_, response) => json(response, 200, explanation);

  it('prints the sentences, and below them what each server knows of each cluster', async () => {
    const run = await against(answer, ['explain', HOST, '--subnet', '198.51.100.0/24']);
    expect(run).toMatchObject({
      code: 0,
      stderr: '',
      asked: [{ method: 'GET', url: `/v1/dns/explain?host=${HOST}&subnet=198.51.100.0%2F24` }],
    });
    expect(run.stdout.replaceAll(/\d+d /g, '9d ')).toBe(
      [
        'A always east, the only cluster that can',
        'says nothing',
        '',
        'SERVER           REVISION   CLUSTER   SHARE   HEALTH   SINCE   MESSAGE',
        '127.0.0.1:5300   7          east      90%     up       9d    answered 200',
        '127.0.0.1:5300   7          west      10%     down     9d    refused',
        '',
      ].join('\n'),
    );
  });

  it('prints the whole document with -o json, and asks for no subnet that was not given', async () => {
    const run = await against(answer, ['explain', HOST, '-o', 'json']);
    expect(JSON.parse(run.stdout)).toEqual(explanation);
    expect(run.asked).toMatchObject([{ url: `/v1/dns/explain?host=${HOST}` }]);
  });

  it('speaks of the request, not of a document, when the hostname is wrong', async () => {
    const message = 'found "Shop": write it in lower case';
    const fields = {
      detail: `the request is not right: query.host: ${message}`,
      issues: [{ path: 'query.host', message }],
    };
    const run = await against((_, response) => problem(response, 400, 'invalid', fields), ['explain', 'Shop']);
    expect(run).toMatchObject({
      code: 2,
      stderr: 'error: the request is not right\n  query.host: found "Shop": write it in lower case\n',
    });
  });
});

describe('sluice dns challenge', () => {
  const challenge = { host: HOST, values: ['a', 'b "c"'], expiresAt: '2026-03-01T13:00:00Z' };
  const shown = `_acme-challenge.${HOST}. TXT "a"\n_acme-challenge.${HOST}. TXT "b \\"c\\""\n; until 2026-03-01T13:00:00Z\n`;
  const path = `/v1/dns/challenges/${HOST}`;

  it('sets, also values that begin with a hyphen', async () => {
    const args = ['dns', 'challenge', 'set', HOST, '--', '-a', 'b'];
    const run = await against((_, response) => json(response, 200, challenge), args);
    expect(run).toMatchObject({
      code: 0,
      stdout: shown,
      asked: [{ method: 'PUT', url: path, body: { values: ['-a', 'b'] } }],
    });
  });

  it('shows', async () => {
    const run = await against((_, response) => json(response, 200, challenge), ['dns', 'challenge', 'show', HOST]);
    expect(run).toMatchObject({ code: 0, stdout: shown, asked: [{ method: 'GET', url: path }] });
  });

  it('clears', async () => {
    const message = 'nothing is answered any more';
    const run = await against((_, response) => json(response, 200, { message }), ['dns', 'challenge', 'clear', HOST]);
    expect(run).toMatchObject({ code: 0, stdout: `${message}\n`, asked: [{ method: 'DELETE', url: path }] });
  });

  it('ends with 3 for a hostname that nobody claims', async () => {
    const run = await against(
      (_, response) => problem(response, 404, 'notFound'),
      ['dns', 'challenge', 'set', HOST, 'a'],
    );
    expect(run.code).toBe(3);
  });
});

describe('sluice dns delegation, keygen and ds', () => {
  it('lead from settings to signed delegation', async () => {
    const config = await file('sluice.yaml', 'zones: [{ name: example.test, keysDirectory: keys }]\n');
    const none = await sluice(['dns', 'ds', '--config', config]);
    expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 3, stdout: '' });
    expect(none.stderr).toContain('sluice dns keygen example.test');

    const keygen = await sluice(['dns', 'keygen', 'Example.test.', '--config', config]);
    expect(keygen.code).toBe(0);
    const [ds] = /example\.test\. 3600 IN DS .*/.exec(keygen.stdout) ?? [];
    expect(keygen.stdout).toContain('Only then publish the DS');
    expect((await readdir(join(directory, 'keys'))).length).toBe(2);

    expect(await sluice(['dns', 'ds', '--config', config])).toEqual({ code: 0, stdout: `${ds}\n`, stderr: '' });
    const delegation = await sluice(['dns', '--config', config, 'delegation']);
    expect(delegation.stdout.split('\n').filter((line) => !line.startsWith(';'))).toEqual([
      'example.test. 300 IN NS ns1.example.test.',
      'ns1.example.test. 300 IN A 127.0.0.1',
      ds,
      '',
    ]);
  });

  it('needs no settings with a folder', async () => {
    const folder = join(directory, 'elsewhere');
    const run = await sluice(['dns', 'keygen', 'example.test', '--directory', folder]);
    expect(run.code).toBe(0);
    expect((await readdir(folder)).length).toBe(2);
  });

  it.each([
    [
      'a zone that the settings do not have',
      'other.test',
      'the settings have no zone other.test; they have example.test',
    ],
    ['a zone without a folder', 'example.test', 'the zone example.test has no keysDirectory; set it'],
  ])('refuses keygen of %s', async (_what, zone, says) => {
    const config = await file('sluice.yaml', 'zones: [example.test]\n');
    const { code, stderr } = await sluice(['dns', 'keygen', zone, '--config', config]);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${says}`);
  });
});

describe('sluice dns tsig-keygen', () => {
  it('writes a secret for its owner alone, does not show it, and never writes over a file', async () => {
    const out = join(directory, 'transfer.secret');
    const args = ['dns', 'tsig-keygen', 'transfer.example.test', '--out', out];
    const first = await sluice(args);
    const secret = await readFile(out, 'utf8');
    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(first.code).toBe(0);
    expect(first.stdout).not.toContain(secret.trim());
    expect(first.stdout).toContain('name: transfer.example.test');
    const second = await sluice(args);
    expect(second).toMatchObject({ code: 4, stderr: expect.stringContaining('is there already') });
    expect(await readFile(out, 'utf8')).toBe(secret);
  });

  it.each([
    ['a name that is none', 'bad name', 'x.secret', 'found "bad name"; allowed: the name of a key'],
    ['a folder that is not there', 'a.test', join('no', 'x.secret'), 'its folder is not there'],
  ])('refuses %s with 2', async (_what, name, out, says) => {
    const { code, stderr } = await sluice(['dns', 'tsig-keygen', name, '--out', join(directory, out)]);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe('a DNS server that cannot start', () => {
  it.each([
    [
      'a wrong zone file',
      'zones: [{ name: example.test, file: bad.zone }]',
      /zone file of example\.test is not valid:\n.*:1: found/,
    ],
    [
      'a missing zone file',
      'zones: [{ name: example.test, file: no.zone }]',
      /zone file of example\.test cannot be read/,
    ],
    [
      'no key',
      'zones: [{ name: example.test, keysDirectory: none }]',
      /has no key of the zone example\.test; `sluice dns keygen/,
    ],
    [
      'an open key',
      'zones: [{ name: example.test, keysDirectory: keys }]',
      /can be used by others than its owner .*chmod 600/,
    ],
    [
      'a missing TSIG secret',
      'zones: [a.test]\ndns: { keys: [{ name: k, secretFile: no }] }',
      /cannot read the secret of the TSIG key k/,
    ],
    [
      'an empty TSIG secret',
      'zones: [a.test]\ndns: { keys: [{ name: k, secretFile: bad.secret }] }',
      /is no secret of a TSIG key/,
    ],
    [
      'missing cookie secrets',
      'zones: [a.test]\ndns: { cookies: { secretsFile: no } }',
      /dns\.cookies\.secretsFile: ENOENT/,
    ],
    [
      'a file that is no MaxMind file',
      'zones: [a.test]\ndns: { geoFile: { path: bad.zone } }',
      /dns\.geoFile: .* is no MaxMind file/,
    ],
    ['an unknown setting', 'zones: [a.test]\ndns: { lisen: [] }', /is not a valid configuration/],
  ])('because of %s ends with 2 and says so, without a stack', async (_what, settings, says) => {
    await file('bad.zone', 'www 60 IN A 1.2.3\n');
    await file('bad.secret', '\n');
    const keys = join(directory, 'keys');
    await sluice(['dns', 'keygen', 'example.test', '--directory', keys]);
    for (const name of await readdir(keys)) await chmod(join(keys, name), 0o644);
    const { code, stdout, stderr } = await sluice(['dns', '--config', await file('sluice.yaml', settings)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('because another program has its port names the address, without a stack', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const config = await file('sluice.yaml', `zones: [a.test]\ndns: { listen: ["127.0.0.1:${port}"] }\n`);
    const { code, stderr } = await sluice(['dns', '--config', config]);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: DNS cannot listen on 127.0.0.1:${port}: another program has it`);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('because the machine has no such address says so, and nothing of a server that ended', async () => {
    const config = await file('sluice.yaml', 'zones: [a.test]\ndns: { listen: ["192.0.2.1:5300"] }\n');
    const { code, stdout, stderr } = await sluice(['dns', '--config', config]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('error: DNS cannot listen on 192.0.2.1:5300: this machine has no such address');
  });
});
