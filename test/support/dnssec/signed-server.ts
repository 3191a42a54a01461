import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Address } from '../../../src/lib/address.ts';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { dsLine } from '../../../src/planes/dns/dnssec/ds.ts';
import { saveKey } from '../../../src/planes/dns/dnssec/key-files.ts';
import { generateKey, type SigningKey } from '../../../src/planes/dns/dnssec/signing-key.ts';
import { openChallenges } from '../../../src/planes/store/challenges.ts';
import { DnsProcess } from '../dns-process.ts';

export const ZONE = 'example.test';
/** Two clusters share it. */
export const DRAWN = `drawn.${ZONE}`;
/** A zone below `ZONE`, served here too, with keys of its own. */
export const SAFE_ZONE = `safe.${ZONE}`;
/** The same, without keys. */
export const PLAIN_ZONE = `plain.${ZONE}`;

const ZONE_FILE = resolve(import.meta.dirname, '../zones/conformance.zone');
const HOUR_MS = 3_600_000;

/** What the zone file of the conformance suite does not have. */
const MORE_RECORDS = `
*.alias.wild  IN CNAME shop
*.dead.wild   IN CNAME missing
loop          IN CNAME loop2
loop2         IN CNAME loop
_443._tcp.shop IN TLSA 3 1 1 ${'ab'.repeat(32)}
MixedCase     IN MX    10 MX1.Example.TEST.
far           IN NS    ns.elsewhere.example.org.
far           IN DS    12345 13 2 ${'00'.repeat(32)}
safe          IN NS    ns1
plain         IN NS    ns1
unlisted.deep IN A     192.0.2.77
`;

const LEAF_ZONE = `
$TTL 300
@    IN SOA ns1.example.test. hostmaster.example.test. 1 3600 600 604800 30
@    IN NS  ns1.example.test.
www  IN A   192.0.2.80
`;

export interface SignedServer {
  readonly process: DnsProcess;
  readonly address: Address;
  /** The key of `ZONE`. */
  readonly key: SigningKey;
  /** An empty directory for the files of a test. */
  readonly scratch: string;
  readonly stop: () => Promise<void>;
}

export interface SignedServerOptions {
  readonly port: number;
  readonly dns?: Readonly<Record<string, unknown>>;
}

/** Our server with a signed zone that has an answer of each kind, two zones below it, and a hostname with shares. */
export async function startSignedServer({ port, dns }: SignedServerOptions): Promise<SignedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-dnssec-'));
  const scratch = join(directory, 'scratch');
  mkdirSync(scratch);
  const keysDirectory = join(directory, 'keys');
  const [key, safeKey] = await Promise.all([ZONE, SAFE_ZONE].map((zone) => aSavedKey(keysDirectory, zone)));
  if (key === undefined || safeKey === undefined) throw new Error('a key is missing');
  const file = join(directory, 'example.zone');
  const leafFile = join(directory, 'leaf.zone');
  writeFileSync(file, `${readFileSync(ZONE_FILE, 'utf8')}${MORE_RECORDS}${dsLine(safeKey)}\n`);
  writeFileSync(leafFile, LEAF_ZONE);
  const address = { host: '127.0.0.1', port };
  const process = new DnsProcess({
    directory,
    address,
    zones: [
      { name: ZONE, file, keysDirectory },
      { name: SAFE_ZONE, file: leafFile, keysDirectory },
      { name: PLAIN_ZONE, file: leafFile },
    ],
    ...(dns === undefined ? {} : { dns }),
  });
  await process.publish(aDrawnHost(2, 1));
  await openChallenges(process.challenges).put({
    host: DRAWN,
    values: ['token-one', 'token-two'],
    expiresAt: Date.now() + HOUR_MS,
  });
  await process.start();
  const stop = async () => {
    await process.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { process, address, key, scratch, stop };
}

async function aSavedKey(directory: string, zone: string): Promise<SigningKey> {
  const key = generateKey(zone);
  if ((await saveKey(directory, key)) !== 'created') throw new Error(`a key of ${zone} was there already`);
  return key;
}

/**
 * The hostname with shares. `mark` is an octet of every address, so that an answer tells which state it comes from; each
 * cluster has two addresses of each family, so that an answer could mix states.
 */
export function aDrawnHost(revision: number, mark: number): GlobalIngress {
  const east = 1_000 + ((revision * 700) % 8_000);
  return {
    host: DRAWN,
    owner: { namespace: 'default', name: 'drawn' },
    revision,
    ttlSeconds: 5,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: null,
    tls: true,
    targets: [
      { cluster: 'east', share: east, addresses: addresses(mark, 1), hostnames: [] },
      { cluster: 'west', share: 10_000 - east, addresses: addresses(mark, 3), hostnames: [] },
    ],
  };
}

function addresses(mark: number, first: number): readonly string[] {
  const both = [first, first + 1];
  return [
    ...both.map((last) => `203.0.${mark}.${last}`),
    ...both.map((last) => `2001:db8::${mark.toString(16)}:${last}`),
  ];
}
