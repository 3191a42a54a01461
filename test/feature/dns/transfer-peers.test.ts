import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/lib/address.ts';
import { tsigKey } from '../../../src/planes/dns/transfer/keys.ts';
import { Notifier, type NotifyOutcome } from '../../../src/planes/dns/transfer/notify.ts';
import type { FlatRecord } from '../../../src/planes/dns/wire/flat-record.ts';
import {
  type NameServer,
  type NameServerOptions,
  startKnot,
  startNsd,
  type TestKey,
} from '../../support/name-servers.ts';
import { needs } from '../../support/needs.ts';
import { TransferServer } from '../../support/transfer-server.ts';
import { until } from '../../support/until.ts';
import { address, aVersion, soa, ZONE } from '../../unit/dns/transfer/support.ts';

/** Secondaries of other people fetch from our parts and hear from them. */
const peers = [
  { program: 'knotd', debianPackage: 'knot', start: startKnot },
  { program: 'nsd', debianPackage: 'nsd', start: startNsd },
] as const;

const PRIMARY = { host: '127.0.0.1', port: 15_420 };
const SECONDARY = { host: '127.0.0.1', port: 15_421 };
const SECRET = Buffer.alloc(64, 'secret');
const KEY: TestKey = { name: 'transfer', algorithm: 'hmac-sha256', secret: SECRET.toString('base64') };

const ending: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

for (const { program, debianPackage, start } of peers) {
  describe.skipIf(!needs(program, debianPackage))(`${program} as secondary`, () => {
    it.each([
      ['hmac-sha256', KEY],
      ['hmac-sha384', { ...KEY, algorithm: 'hmac-sha384' }],
      ['hmac-sha512', { ...KEY, algorithm: 'hmac-sha512' }],
      ['no key', undefined],
    ] as const)('fetches the zone, is told of a change and fetches no more than that (%s)', async (_, key) => {
      const pair = await Pair.start({ start, key, serial: 10 });
      await pair.untilServed(10);
      expect(pair.server.served).toContain('tcp full');
      expect(await pair.seen()).toEqual({ www: ['192.0.2.1'], kept: ['192.0.2.250'], 'only-10': ['192.0.2.251'] });

      pair.server.served.length = 0;
      pair.change(11, '192.0.2.2');
      await pair.untilServed(11);
      expect(await pair.seen()).toEqual({ www: ['192.0.2.2'], kept: ['192.0.2.250'], 'only-11': ['192.0.2.251'] });
      expect(pair.server.served.filter((one) => one.endsWith('incremental'))).toHaveLength(1);
      expect(pair.server.served).not.toContain('tcp full');
      const outcome = await until(() => pair.outcomes[0], { what: 'the outcome of NOTIFY' });
      expect(outcome).toMatchObject({ tries: 1, result: { kind: 'acknowledged' } });
    });

    it('catches up with many changes at once', async () => {
      const pair = await Pair.start({ start, key: KEY, serial: 100 });
      await pair.untilServed(100);
      pair.server.served.length = 0;
      for (let serial = 101; serial < 140; serial += 1) pair.publish(serial, `192.0.2.${serial}`);
      pair.change(140, '192.0.2.200');
      await pair.untilServed(140);
      expect(await pair.seen()).toEqual({ www: ['192.0.2.200'], kept: ['192.0.2.250'], 'only-140': ['192.0.2.251'] });
      expect(pair.server.served).not.toContain('tcp full');
    });

    it.each([
      ['one step', []],
      ['several steps', [0xffff_ffff, 1]],
    ] as const)('follows serials over the end of the numbers in %s', async (_, between) => {
      const pair = await Pair.start({ start, key: KEY, serial: 0xffff_fffe });
      await pair.untilServed(0xffff_fffe);
      for (const serial of between) pair.publish(serial, '192.0.2.2');
      pair.change(10, '192.0.2.3');
      await pair.untilServed(10);
      expect(await pair.seen()).toEqual({ www: ['192.0.2.3'], kept: ['192.0.2.250'], 'only-10': ['192.0.2.251'] });
    });

    it('fetches the whole zone when the journal does not reach back to what it has', async () => {
      const pair = await Pair.start({ start, key: KEY, serial: 10 });
      await pair.untilServed(10);
      pair.server.served.length = 0;
      pair.publish(11, '192.0.2.2');
      pair.server.forgetJournal();
      pair.change(12, '192.0.2.3');
      await pair.untilServed(12);
      expect(await pair.seen()).toEqual({ www: ['192.0.2.3'], kept: ['192.0.2.250'], 'only-12': ['192.0.2.251'] });
      expect(pair.server.served).toContain('tcp full');
    });

    it.each([
      ['another secret', { ...KEY, secret: Buffer.alloc(64, 'other').toString('base64') }],
      ['another name', { ...KEY, name: 'other' }],
      ['no key', undefined],
    ] as const)('gets nothing with %s, and does not take our NOTIFY', async (_, theirs) => {
      const pair = await Pair.start({ start, key: KEY, theirs, serial: 10 });
      pair.change(11, '192.0.2.2');
      const outcome = await until(() => pair.outcomes[0], { what: 'the outcome of NOTIFY' });
      expect(outcome).toMatchObject({ tries: 3, result: { kind: 'failed' } });
      await pair.untilRefused();
    });

    it('gets nothing when its clock is an hour off', async () => {
      const pair = await Pair.start({ start, key: KEY, serial: 10, clockAheadSeconds: 3_600 });
      await pair.untilRefused();
    });
  });
}

interface PairOptions {
  readonly start: (options: NameServerOptions) => Promise<NameServer>;
  readonly key: TestKey | undefined;
  /** What the secondary believes the key to be; the same when absent. */
  readonly theirs?: TestKey | undefined;
  readonly serial: number;
  readonly clockAheadSeconds?: number;
}

/** Our primary and their secondary. */
class Pair {
  readonly server: TransferServer;
  readonly secondary: NameServer;
  readonly notifier: Notifier;
  readonly outcomes: NotifyOutcome[] = [];

  private constructor(server: TransferServer, secondary: NameServer, key: TestKey | undefined) {
    this.server = server;
    this.secondary = secondary;
    this.notifier = new Notifier({
      secondaries: [{ address: SECONDARY, key: ourKey(key) }],
      source: PRIMARY.host,
      onOutcome: (outcome) => this.outcomes.push(outcome),
      timing: { waitsMs: [1_000, 500, 500], gapMs: 0 },
    });
  }

  static async start(options: PairOptions): Promise<Pair> {
    const { start, key, serial, clockAheadSeconds = 0 } = options;
    const ours = ourKey(key);
    const secondaries = [{ address: SECONDARY, key: ours }];
    const keys = ours === undefined ? [] : [ours];
    const server = await TransferServer.start({ address: PRIMARY, keys, secondaries, clockAheadSeconds });
    ending.push(() => server.stop());
    server.publish(aVersion(serial, hosts(serial, '192.0.2.1')));
    const directory = mkdtempSync(join(tmpdir(), 'sluice-secondary-'));
    ending.push(() => rmSync(directory, { recursive: true, force: true }));
    const theirs = 'theirs' in options ? options.theirs : key;
    const zone = {
      kind: 'secondary',
      name: ZONE,
      primary: PRIMARY,
      ...(theirs === undefined ? {} : { key: theirs }),
    } as const;
    const secondary = await start({ directory, port: SECONDARY.port, zones: [zone] });
    ending.push(() => secondary.stop());
    const pair = new Pair(server, secondary, key);
    ending.push(() => pair.notifier.stop());
    return pair;
  }

  publish(serial: number, www: string): void {
    this.server.publish(aVersion(serial, hosts(serial, www)));
  }

  change(serial: number, www: string): void {
    this.publish(serial, www);
    this.notifier.changed(soa(serial));
  }

  async untilServed(serial: number): Promise<void> {
    const look = async () => ((await this.secondary.serial(ZONE)) === serial ? true : undefined);
    await until(look, { what: `the secondary serves ${serial}`, timeoutMs: 60_000 });
  }

  async untilRefused(): Promise<void> {
    const refused = () => this.server.served.find((one) => / (refused|other)/.test(one));
    await until(refused, { what: 'a refusal of ours', timeoutMs: 60_000 });
    expect(this.server.served.filter((one) => / (full|incremental|soa)/.test(one))).toEqual([]);
    expect(await this.secondary.serial(ZONE)).toBeUndefined();
  }

  /** The addresses that the secondary has, by first label. NSD answers SERVFAIL for a moment while it changes over. */
  seen(): Promise<Readonly<Record<string, readonly string[]>>> {
    return until(() => this.#look(), { what: 'answers of the secondary', timeoutMs: 60_000 });
  }

  async #look(): Promise<Readonly<Record<string, readonly string[]>>> {
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    resolver.setServers([formatAddress(SECONDARY)]);
    const labels = ['www', 'kept', 'only-10', 'only-11', 'only-12', 'only-140'];
    const found: Record<string, readonly string[]> = {};
    for (const label of labels) {
      const addresses = await resolver.resolve4(`${label}.${ZONE}`).catch(noneWhenNotFound);
      if (addresses.length > 0) found[label] = addresses;
    }
    return found;
  }
}

function noneWhenNotFound(error: unknown): readonly string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOTFOUND') return [];
  throw error;
}

function ourKey(key: TestKey | undefined) {
  return key === undefined ? undefined : tsigKey(key.name, key.algorithm, Buffer.from(key.secret, 'base64'));
}

/** One that changes, one that stays, and one of this serial only; and enough others for a change to be worth an IXFR. */
function hosts(serial: number, www: string): readonly FlatRecord[] {
  return [
    address(`www.${ZONE}`, www),
    address(`kept.${ZONE}`, '192.0.2.250'),
    address(`only-${serial}.${ZONE}`, '192.0.2.251'),
    ...Array.from({ length: 1_000 }, (_, index) => address(`host-${index}.${ZONE}`, '198.51.100.1')),
  ];
}
