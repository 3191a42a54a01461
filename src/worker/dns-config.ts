import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { addressRange, isLoopback, parseAddress } from '../lib/address.ts';
import { Networks } from '../planes/dns/limits/networks.ts';

/** The part of `sluice.yaml` that the DNS server reads: `zones` and `dns`. */

const LABELS = /^([a-z0-9_]([-a-z0-9_]*[a-z0-9_])?\.)*[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?$/;

export const address = z.string().refine((text) => parseAddress(text) !== undefined, {
  error: 'allowed: an IP address and a port, such as 127.0.0.1:5300 or [::1]:5300',
});

const name = (what: string) =>
  z
    .string()
    .max(253)
    .regex(LABELS, { error: `allowed: ${what} in lower case, without the last dot` });

const cidr = z.string().check((context) => {
  try {
    Networks.parse([context.value]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.issues.push({ code: 'custom', message, input: context.value });
  }
});

const path = z.string().min(1);

const nameServer = z.strictObject({
  name: name('the name of a name server, such as ns1.example.test'),
  addresses: z
    .array(z.string().refine((text) => isIP(text) !== 0, { error: 'allowed: an IP address without a port' }))
    .default([]),
});

/** NOTIFY goes there, so it needs a port. */
const peer = address.refine((text) => parseAddress(text)?.port !== 0, { error: 'allowed: a port from 1 to 65535' });

const NOBODYS = ['unspecified', 'multicast', 'broadcast'];
/** Where this server can be asked: an address of one machine. */
const ownAddress = peer.refine((text) => !NOBODYS.includes(addressRange(text) ?? ''), {
  error: 'allowed: an address that this server alone has, such as 192.0.2.53:53',
});

const secondary = z.strictObject({ address: peer, key: z.string().min(1).exactOptional() });

const zoneObject = z.strictObject({
  name: name('a zone such as example.test'),
  /** Static records, in master-file form. */
  file: path.exactOptional(),
  nameServers: z.array(nameServer).min(1).max(13).exactOptional(),
  mailbox: name('a mailbox as a name, such as hostmaster.example.test').exactOptional(),
  negativeTtlSeconds: z.int().min(1).max(86_400).default(30),
  secondaries: z.array(secondary).max(32).default([]),
  /** Folder of key files; absent: the zone is not signed. */
  keysDirectory: path.exactOptional(),
});

/** `example.test` is short for `{ name: example.test }`. */
export const zonesSchema = z
  .array(z.preprocess((value) => (typeof value === 'string' ? { name: value } : value), zoneObject))
  .min(1);

const CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const;
const countryCode = z.string().regex(/^[A-Z]{2}$/, { error: 'allowed: an ISO 3166 code in capitals, such as DE' });
const regionName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, { error: 'allowed: lower-case letters, digits and hyphens' });

const KEY_ALGORITHMS = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

export const dnsSchema = z.strictObject({
  listen: z.array(address).min(1).default(['127.0.0.1:5300']),
  /** Where processes elsewhere that follow the same hub ask this server what it serves; absent: they believe what it reports. */
  advertise: ownAddress.exactOptional(),
  workers: z.int().min(1).max(64).default(1),
  metricsListen: address.exactOptional(),
  /** Who may ask `_sluice`, `_answers` and `_explain`, beside the server's own addresses. */
  trusted: z.array(cidr).default(['127.0.0.0/8', '::1/128']),
  cookies: z.strictObject({ enabled: z.boolean().default(true), secretsFile: path.exactOptional() }).prefault({}),
  rateLimit: z
    .strictObject({
      enabled: z.boolean().default(true),
      responsesPerSecond: z.int().min(1).max(1_000_000_000).default(200),
      slip: z.int().min(0).max(100).default(2),
      exempt: z.array(cidr).default(['127.0.0.0/8', '::1/128']),
    })
    .prefault({}),
  any: z.enum(['minimal', 'refused']).default('minimal'),
  clientSubnet: z.boolean().default(true),
  extendedErrors: z.boolean().default(true),
  nsid: z.string().min(1).max(64).exactOptional(),
  probes: z.boolean().default(true),
  /** Networks by region, for `routing.geo`. */
  regions: z.record(regionName, z.array(cidr)).default({}),
  /** A MaxMind file, and what its countries and continents are called here. */
  geoFile: z
    .strictObject({
      path,
      /** Region by ISO 3166 country code (DE, US, ...); they win over continents. */
      countries: z.record(countryCode, regionName).default({}),
      /** Region by continent code. */
      continents: z.partialRecord(z.enum(CONTINENTS), regionName).default({}),
    })
    .exactOptional(),
  /** TSIG keys, for `zones[].secondaries`. */
  keys: z
    .array(
      z.strictObject({
        name: name('the name of a key, such as transfer.example.test'),
        algorithm: z.enum(KEY_ALGORITHMS).default('hmac-sha256'),
        secretFile: path,
      }),
    )
    .default([]),
  queryLog: z
    .strictObject({
      file: path,
      /** Part of the answers that are written. */
      sample: z.number().gt(0).max(1).default(0.01),
    })
    .exactOptional(),
});

export type ZoneConfig = z.output<typeof zoneObject>;
export type DnsConfig = z.output<typeof dnsSchema>;

/** Faults that no single setting shows, each in a sentence. */
export function dnsFaults(zones: readonly ZoneConfig[], dns: DnsConfig): readonly string[] {
  const names = zones.map((zone) => zone.name);
  const twice = names.filter((one, index) => names.indexOf(one) !== index);
  const keys = new Set(dns.keys.map((key) => key.name));
  const unknown = zones
    .flatMap(({ secondaries }) => secondaries)
    .flatMap(({ key }) => (key !== undefined && !keys.has(key) ? [key] : []));
  return [
    ...twice.map((zone) => `the zone ${zone} is listed twice; write it once`),
    ...zones
      .filter(({ keysDirectory, secondaries }) => keysDirectory !== undefined && secondaries.length > 0)
      .map(
        ({ name: zone }) =>
          `the zone ${zone} is signed while it is answered, so secondaries cannot serve it; remove its keysDirectory or its secondaries`,
      ),
    ...(dns.advertise !== undefined && isLoopback(dns.advertise) && !dns.listen.every(isLoopback)
      ? [
          `dns.advertise is ${dns.advertise}, where each machine has a server of its own; write the address at which others reach this one`,
        ]
      : []),
    ...unknown.map((key) => `a secondary names the key ${key}, which dns.keys does not have; add it there`),
  ];
}

/** Regions that `routing.geo` may name. */
export function regionNames({ regions, geoFile }: DnsConfig): readonly string[] {
  return [
    ...new Set([
      ...Object.keys(regions),
      ...Object.values(geoFile?.countries ?? {}),
      ...Object.values(geoFile?.continents ?? {}),
    ]),
  ].sort();
}

/** All paths counted from one folder. */
export function absoluteZones(zones: readonly ZoneConfig[], folder: string): readonly ZoneConfig[] {
  return zones.map(({ file, keysDirectory, ...zone }) => ({
    ...zone,
    ...(file === undefined ? {} : { file: resolve(folder, file) }),
    ...(keysDirectory === undefined ? {} : { keysDirectory: resolve(folder, keysDirectory) }),
  }));
}

export function absoluteDns({ cookies, keys, queryLog, geoFile, ...dns }: DnsConfig, folder: string): DnsConfig {
  return {
    ...dns,
    cookies: {
      enabled: cookies.enabled,
      ...(cookies.secretsFile === undefined ? {} : { secretsFile: resolve(folder, cookies.secretsFile) }),
    },
    keys: keys.map((key) => ({ ...key, secretFile: resolve(folder, key.secretFile) })),
    ...(queryLog === undefined ? {} : { queryLog: { ...queryLog, file: resolve(folder, queryLog.file) } }),
    ...(geoFile === undefined ? {} : { geoFile: { ...geoFile, path: resolve(folder, geoFile.path) } }),
  };
}
