import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatAddress } from '../../../src/lib/address.ts';
import type { GlobalIngress, Target } from '../../../src/plan/global-ingress.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { type NameServer, startKnot, startNsd, type TestKey } from '../../support/name-servers.ts';
import { needs } from '../../support/needs.ts';
import { until } from '../../support/until.ts';

/** `sluice dns` as a hidden primary: Knot and NSD fetch its zone, hear of every change and serve the flat view of it. */
const BIN = resolve(import.meta.dirname, '../../../src/cli/bin.mjs');
const ZONE = 'secondary.test';
const HOST = `shop.${ZONE}`;
const PRIMARY = { host: '127.0.0.1', port: 15_430 };
const OWNER = { namespace: 'default', name: 'shop' };
const EAST = { cluster: 'east', share: 9_000, addresses: ['192.0.2.1', '2001:db8::1'], hostnames: [] };
const WEST = { cluster: 'west', share: 1_000, addresses: ['192.0.2.2'], hostnames: [] };

const ZONE_FILE = `
$ORIGIN ${ZONE}.
$TTL 300
www   IN A     192.0.2.80
docs  IN CNAME www
@     IN MX    10 mail.elsewhere.test.
`;

interface Peer {
  readonly program: 'knotd' | 'nsd';
  readonly debianPackage: string;
  readonly start: typeof startKnot;
  readonly port: number;
  readonly key: TestKey;
}

const peers: readonly Peer[] = [
  { program: 'knotd', debianPackage: 'knot', start: startKnot, port: 15_431, key: aKey('for-knot', 'hmac-sha256') },
  { program: 'nsd', debianPackage: 'nsd', start: startNsd, port: 15_432, key: aKey('for-nsd', 'hmac-sha512') },
];

const directory = mkdtempSync(join(tmpdir(), 'sluice-secondary-'));
const store = openFileStore(join(directory, 'state/globalingresses'));
let revision = 1;
let sluice: SluiceDns;

beforeAll(async () => {
  await store.claim(HOST, OWNER, 5);
  await publish([EAST, WEST]);
  sluice = await SluiceDns.start();
});
afterAll(async () => {
  await sluice.stop();
  rmSync(directory, { recursive: true, force: true });
});

for (const { program, debianPackage, start, port, key } of peers) {
  describe.skipIf(!needs(program, debianPackage))(`${program} as a secondary of sluice dns`, () => {
    let secondary: NameServer;

    beforeAll(async () => {
      const folder = join(directory, program);
      mkdirSync(folder);
      secondary = await start({
        directory: folder,
        port,
        zones: [{ kind: 'secondary', name: ZONE, primary: PRIMARY, key }],
      });
      await untilInStep(secondary);
    });
    afterAll(() => secondary.stop());

    it('serves the whole zone: hostnames with all their clusters, each cluster by its name, the zone file', async () => {
      await publish([EAST, WEST]);
      await untilInStep(secondary);
      const ask = resolverOf(port);
      expect((await ask.resolve4(HOST)).sort()).toEqual(['192.0.2.1', '192.0.2.2']);
      expect(await ask.resolve6(HOST)).toEqual(['2001:db8::1']);
      expect(await ask.resolve4(`west.${HOST}`)).toEqual(['192.0.2.2']);
      expect(await ask.resolve4(`docs.${ZONE}`)).toEqual(['192.0.2.80']);
      expect(await ask.resolveMx(ZONE)).toMatchObject([{ exchange: 'mail.elsewhere.test', priority: 10 }]);
    });

    it('follows a drain within seconds, and its end', async () => {
      await publish([
        { ...EAST, share: 10_000 },
        { ...WEST, share: 0 },
      ]);
      await untilInStep(secondary);
      const ask = resolverOf(port);
      expect(await ask.resolve4(HOST)).toEqual(['192.0.2.1']);
      expect(await ask.resolve4(`west.${HOST}`)).toEqual(['192.0.2.2']);
      await publish([{ ...EAST, share: 10_000 }]);
      await untilInStep(secondary);
      await expect(ask.resolve4(`west.${HOST}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    });

    it('follows a run of changes to the last of them', async () => {
      for (let step = 1; step <= 20; step += 1) {
        await publish([
          { ...EAST, share: 10_000 - step * 100 },
          { ...WEST, share: step * 100, addresses: [`192.0.2.${100 + step}`] },
        ]);
      }
      await untilInStep(secondary);
      expect(await resolverOf(port).resolve4(`west.${HOST}`)).toEqual(['192.0.2.120']);
    });

    it('follows a new process, whose serial is higher', async () => {
      const before = await secondary.serial(ZONE);
      await sluice.restart();
      await untilInStep(secondary);
      expect(await secondary.serial(ZONE)).toBeGreaterThan(before ?? 0);
    });
  });
}

describe.skipIf(!needs('knotd', 'knot'))('what Knot says of it', () => {
  it('is that it took our NOTIFY for its key, and that the change came as IXFR', async () => {
    const folder = join(directory, 'log');
    mkdirSync(folder);
    const { key, port } = peers[0] ?? failed('a peer');
    const zones = [{ kind: 'secondary', name: ZONE, primary: PRIMARY, key }] as const;
    const knot = await startKnot({ directory: folder, port, zones });
    try {
      await untilInStep(knot);
      await publish([EAST, { ...WEST, addresses: ['192.0.2.3'] }]);
      await untilInStep(knot);
      expect(knot.log()).toMatch(/IXFR, incoming,.*finished/);
      expect(knot.log()).toMatch(/ACL, allowed, action notify,.*key 'for-knot\.'/);
      expect(knot.log().match(/AXFR, incoming,.*finished/g)).toHaveLength(1);
    } finally {
      await knot.stop();
    }
  });
});

describe.skipIf(!needs('dig', 'bind9-dnsutils'))('a stranger', () => {
  it.each([
    ['without a key', []],
    ['with a key that is not known', ['-y', `hmac-sha256:nobody:${Buffer.alloc(32).toString('base64')}`]],
  ])('%s gets nothing', async (_, options) => {
    const output = await run('dig', ['@127.0.0.1', '-p', String(PRIMARY.port), ...options, ZONE, 'AXFR', '+time=2']);
    expect(output).not.toContain('192.0.2.');
    expect(output).toContain('Transfer failed');
  });
});

/** The program, with its settings, zone file and key files in a directory. */
class SluiceDns {
  readonly #config = join(directory, 'sluice.yaml');
  #child: ChildProcess | undefined;
  #log = '';

  static async start(): Promise<SluiceDns> {
    writeFileSync(join(directory, 'secondary.zone'), ZONE_FILE);
    for (const { key } of peers) writeFileSync(join(directory, key.name), key.secret, { mode: 0o600 });
    const started = new SluiceDns();
    writeFileSync(started.#config, stringify(settings()));
    await started.#spawn();
    return started;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#spawn();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async #spawn(): Promise<void> {
    const child = spawn(process.execPath, [BIN, 'dns', '--config', this.#config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#log += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(`sluice dns ended:\n${this.#log}`);
      return await serialAt(PRIMARY.port);
    };
    await until(ready, { what: `sluice dns answers\n${this.#log}`, timeoutMs: 60_000 });
  }
}

function settings(): unknown {
  return {
    zones: [
      {
        name: ZONE,
        file: 'secondary.zone',
        nameServers: [{ name: `ns1.${ZONE}`, addresses: ['127.0.0.1'] }],
        secondaries: peers.map(({ port, key }) => ({ address: `127.0.0.1:${port}`, key: key.name })),
      },
    ],
    stateDirectory: 'state',
    dns: {
      listen: [formatAddress(PRIMARY)],
      workers: 2,
      keys: peers.map(({ key: { name, algorithm } }) => ({ name, algorithm, secretFile: name })),
    },
  };
}

async function publish(targets: readonly Target[]): Promise<void> {
  revision += 1;
  const state: GlobalIngress = {
    host: HOST,
    owner: OWNER,
    revision,
    ttlSeconds: 5,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: null,
    tls: false,
    targets,
  };
  expect(await store.put(state)).toEqual({ kind: 'written' });
}

/** Waits until the primary serves what was published last and the secondary has its serial. */
async function untilInStep(secondary: NameServer): Promise<void> {
  const published = async () => {
    const [[text = ''] = []] = await resolverOf(PRIMARY.port).resolveTxt(`_sluice.${HOST}`);
    return text.includes(String(revision)) || undefined;
  };
  await until(published, { what: `the primary serves revision ${revision}`, timeoutMs: 60_000 });
  const inStep = async () => {
    const [theirs, ours] = [await secondary.serial(ZONE), await serialAt(PRIMARY.port)];
    return theirs !== undefined && theirs === ours ? true : undefined;
  };
  await until(inStep, { what: `the secondary is in step\n${secondary.log()}`, timeoutMs: 60_000 });
}

async function serialAt(port: number): Promise<number> {
  return (await resolverOf(port).resolveSoa(ZONE)).serial;
}

function resolverOf(port: number): Resolver {
  const resolver = new Resolver({ timeout: 1_000, tries: 3 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

function aKey(name: string, algorithm: TestKey['algorithm']): TestKey {
  return { name, algorithm, secret: Buffer.alloc(64, name).toString('base64') };
}

function failed(what: string): never {
  throw new Error(`there is no ${what}`);
}

/** What a program prints, whatever its exit code. */
function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((done) => {
    execFile(program, args, { timeout: 10_000 }, (_error, stdout, stderr) => done(`${stdout}${stderr}`));
  });
}
