import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { isCidr } from '../lib/allowed-address.ts';
import { errorCode } from '../lib/atomic-file.ts';
import type { ClusterConfig } from '../lib/kubernetes/cluster.ts';
import type { KubeconfigSource } from '../lib/kubernetes/kubeconfig.ts';
import {
  absoluteDns,
  absoluteZones,
  address,
  type DnsConfig,
  dnsFaults,
  dnsSchema,
  type ZoneConfig,
  zonesSchema,
} from './dns-config.ts';

/** The settings of a Sluice process: what `sluice.yaml` says, with defaults filled in and paths made absolute. */
export interface Config {
  /** Zones that the DNS servers are authoritative for. */
  readonly zones: readonly ZoneConfig[];
  /** Where the GlobalIngress store, the DNS servers' last-good copies and their process files live. */
  readonly stateDirectory: string;
  readonly api: { readonly listen: string; readonly tokensFile?: string };
  readonly dns: DnsConfig;
  /** Where the server is, variables say; here is what a worker tells it of itself. */
  readonly temporal: { readonly deployment?: { readonly name: string; readonly buildId?: string } };
  readonly clusters: readonly ClusterConfig[];
  /** The cluster whose objects Sluice is run by; without one there are files, the API and Temporal only. */
  readonly hub?: HubConfig;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly pretty: boolean };
}

export interface HubConfig {
  readonly kubeconfig: KubeconfigSource;
  /** Where Sluice's own objects are: kubeconfig Secrets, leases. */
  readonly namespace: string;
  /** Present: what GlobalIngresses say is written as DNSEndpoints of external-dns, too. */
  readonly dnsEndpoints?: {
    readonly namespace: string;
    /** On every DNSEndpoint, such as external-dns selects by. */
    readonly labels: Readonly<Record<string, string>>;
  };
}

/** Wrong settings: says which file, where in it, what was found and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, { error: 'allowed: lower-case letters, digits and hyphens' });

/** What a class of a spec is called in the cluster. */
const classNames = z.record(z.string(), z.string().min(1)).default({});

const cluster = z.strictObject({
  name,
  kubeconfig: z.string().min(1),
  context: z.string().min(1).exactOptional(),
  labels: z.record(z.string(), z.string()).default({}),
  gateway: z
    .strictObject({
      httpPort: z.int().min(1).max(65_535).default(80),
      httpsPort: z.int().min(1).max(65_535).default(443),
      cidrs: z
        .array(z.string().refine(isCidr, { error: 'allowed: a network, such as 192.0.2.0/24 or 2001:db8::/32' }))
        .default([]),
    })
    .prefault({}),
  classes: z.strictObject({ ingress: classNames, gateway: classNames }).prefault({}),
});

const OWN_NAMESPACE = 'sluice-system';

const hub = z.strictObject({
  kubeconfig: z.string().min(1),
  context: z.string().min(1).exactOptional(),
  namespace: name.default(OWN_NAMESPACE),
  dnsEndpoints: z
    .strictObject({ namespace: name.default(OWN_NAMESPACE), labels: z.record(z.string(), z.string()).default({}) })
    .exactOptional(),
});

/** A worker deployment of Temporal, and one build in it. */
const deployment = z.strictObject({
  name,
  buildId: z
    .string()
    .regex(/^[a-zA-Z0-9][-+_.a-zA-Z0-9]{0,199}$/, {
      error: 'allowed: at most 200 letters, digits, dots, hyphens, underscores and plus signs',
    })
    .exactOptional(),
});

const schema = z.strictObject({
  zones: zonesSchema,
  stateDirectory: z.string().min(1).default('.sluice/state'),
  api: z
    .strictObject({ listen: address.default('127.0.0.1:8080'), tokensFile: z.string().min(1).exactOptional() })
    .prefault({}),
  dns: dnsSchema.prefault({}),
  temporal: z.strictObject({ deployment: deployment.exactOptional() }).prefault({}),
  clusters: z.array(cluster).default([]),
  hub: hub.exactOptional(),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      pretty: z.boolean().default(() => isatty(1)),
    })
    .prefault({}),
});

/** Clusters have another form when they are read, and are not looked at again. */
const handedOver = schema.extend({
  clusters: z.array(z.custom<ClusterConfig>()).default([]),
  hub: z.custom<HubConfig>().exactOptional(),
});

/** Settings that were read before and handed to another process as JSON. */
export function readConfig(json: string): Config {
  return handedOver.parse(JSON.parse(json));
}

/** Reads the settings file. Relative paths in it count from its own folder. Throws ConfigError. */
export function loadConfig(path: string): Config {
  const file = resolve(path);
  const parsed = schema.safeParse(readYaml(file));
  if (!parsed.success) throw new ConfigError(`${file} is not a valid configuration:\n${z.prettifyError(parsed.error)}`);
  const { clusters, hub: hubSettings, stateDirectory, api, zones, dns, ...rest } = parsed.data;
  const [fault] = dnsFaults(zones, dns);
  if (fault !== undefined) throw new ConfigError(`${file}: ${fault}`);
  const names = clusters.map((one) => one.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined)
    throw new ConfigError(`${file}: two clusters are named "${twice}"; give each a name of its own`);
  const absolute = (text: string): string => resolve(dirname(file), text);
  const withSource = <T extends KubeconfigFields>({ context, kubeconfig, ...one }: T) => ({
    ...one,
    kubeconfig: { kind: 'file' as const, path: absolute(kubeconfig), ...(context === undefined ? {} : { context }) },
  });
  return {
    ...rest,
    zones: absoluteZones(zones, dirname(file)),
    dns: absoluteDns(dns, dirname(file)),
    stateDirectory: absolute(stateDirectory),
    api: { listen: api.listen, ...(api.tokensFile === undefined ? {} : { tokensFile: absolute(api.tokensFile) }) },
    clusters: clusters.map(withSource),
    ...(hubSettings === undefined ? {} : { hub: withSource(hubSettings) }),
  };
}

interface KubeconfigFields {
  readonly kubeconfig: string;
  readonly context?: string;
}

function readYaml(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new ConfigError(`there is no ${file}; write one, or name another file with --config`);
    const detail = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`cannot read the configuration ${file}: ${detail}`);
  }
}
