import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { TotalsOf } from '../../planes/dns/answer-totals.ts';
import { cdnskeyData, cdsData } from '../../planes/dns/dnssec/ds.ts';
import { loadKeys } from '../../planes/dns/dnssec/key-files.ts';
import { ZoneSigner } from '../../planes/dns/dnssec/signer.ts';
import { CookieJar } from '../../planes/dns/limits/cookies.ts';
import { Networks } from '../../planes/dns/limits/networks.ts';
import { RateLimiter } from '../../planes/dns/limits/rate-limit.ts';
import { QueryLog } from '../../planes/dns/query-log.ts';
import { type RegionTable, regionTable } from '../../planes/dns/regions.ts';
import { DnsServer, type DnsServerOptions } from '../../planes/dns/server.ts';
import { readTsigKey } from '../../planes/dns/transfer/keys.ts';
import { ZoneTransfers } from '../../planes/dns/transfer/zone-transfers.ts';
import type { ZoneContent } from '../../planes/dns/zone/tree.ts';
import { parseZoneFile } from '../../planes/dns/zone-file/parse-zone-file.ts';
import type { Config } from '../config.ts';
import type { ZoneConfig } from '../dns-config.ts';
import type { WorkerSettings } from './messages.ts';
import { zoneSettings } from './name-servers.ts';
import { secondariesByZone } from './secondaries.ts';

export interface OpenServer {
  readonly server: DnsServer;
  /** Answers what it has, and ends. */
  close(): Promise<void>;
}

/** What the process does for its server. */
export interface Around {
  readonly onError: (error: unknown) => void;
  readonly totals: TotalsOf;
}

/** Makes the server of one worker from the settings. Throws when a key file cannot be read. */
export async function openServer(settings: WorkerSettings, { onError, totals }: Around): Promise<OpenServer> {
  const { config, listen, serials } = settings;
  const { queryLog } = config.dns;
  const log = queryLog === undefined ? undefined : new QueryLog({ ...queryLog, onError });
  const keys = await Promise.all(config.dns.keys.map(readTsigKey));
  const secondaries = secondariesByZone(config.zones, keys);
  const server = new DnsServer({
    zones: await Promise.all(config.zones.map((zone) => zoneContent(zone, settings))),
    serials,
    listen,
    settings: answerSettings(settings),
    regions: await regions(config),
    transfers: (tree, counters) => new ZoneTransfers({ tree, counters, keys, secondaries, nowSeconds }),
    ...(log === undefined ? {} : { onAnswered: log.write }),
    totals,
    onError,
  });
  return {
    server,
    async close() {
      await server.stop();
      await log?.close();
    },
  };
}

async function zoneContent(zone: ZoneConfig, { config, zoneFiles }: WorkerSettings): Promise<ZoneContent> {
  const { name, file = '', keysDirectory } = zone;
  const text = zoneFiles[name];
  const parsed = text === undefined ? undefined : parseZoneFile(text, { zone: name, file });
  const { records = [], soa } = parsed?.kind === 'valid' ? parsed.zone : {};
  const common = { ...zoneSettings(zone, config.dns.listen), records, soa };
  if (keysDirectory === undefined) return common;
  const keys = await loadKeys(keysDirectory, name);
  const signer = new ZoneSigner({ zone: name, keys, now: nowSeconds });
  return {
    ...common,
    signer: { sign: (owner, set) => signer.sign({ owner, ...set }).rrsigData },
    // A parent that follows CDS must have the DS of the next key before that one signs (RFC 7344 section 4).
    keys: { dnskeys: signer.dnskeys(), cds: keys.map(cdsData), cdnskeys: keys.map(cdnskeyData) },
  };
}

async function regions({ dns }: Config): Promise<RegionTable> {
  const { geoFile } = dns;
  const file = geoFile === undefined ? undefined : { ...geoFile, content: await readFile(geoFile.path) };
  return regionTable({ networks: dns.regions, file });
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function answerSettings({ config, listen, cookieSecrets }: WorkerSettings): DnsServerOptions['settings'] {
  const { cookies, rateLimit, trusted, any, clientSubnet, extendedErrors, nsid } = config.dns;
  const secrets = cookieSecrets.map((secret) => Buffer.from(secret, 'hex'));
  const own = listen.map(({ host }) => host).filter((host) => host !== '0.0.0.0' && host !== '::');
  return {
    cookies: cookies.enabled ? new CookieJar({ secrets, now: nowSeconds }) : undefined,
    rateLimiter: rateLimit.enabled ? new RateLimiter({ ...rateLimit, now: () => performance.now() }) : undefined,
    trusted: Networks.parse([...trusted, ...own]),
    any,
    clientSubnet,
    extendedErrors,
    nsid: nsid === undefined ? undefined : Buffer.from(nsid, 'utf8'),
  };
}
