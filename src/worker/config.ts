import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { isCidr } from '../lib/allowed-address.ts';
import { errorCode } from '../lib/atomic-file.ts';
import type { ClusterConfig } from '../lib/kubernetes/cluster.ts';
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
  readonly clusters: readonly ClusterConfig[];
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly pretty: boolean };
}

/** Wrong settings: says which file, where in it, what was found and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, { error: 'allowed: lower-case letters, digits and hyphens' });

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
});

const schema = z.strictObject({
  zones: zonesSchema,
  stateDirectory: z.string().min(1).default('.sluice/state'),
  api: z
    .strictObject({ listen: address.default('127.0.0.1:8080'), tokensFile: z.string().min(1).exactOptional() })
    .prefault({}),
  dns: dnsSchema.prefault({}),
  clusters: z.array(cluster).default([]),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      pretty: z.boolean().default(() => isatty(1)),
    })
    .prefault({}),
});

/** Settings that were read before and handed to another process as JSON. */
export function readConfig(json: string): Config {
  return schema.parse(JSON.parse(json));
}

/** Reads the settings file. Relative paths in it count from its own folder. Throws ConfigError. */
export function loadConfig(path: string): Config {
  const file = resolve(path);
  const parsed = schema.safeParse(readYaml(file));
  if (!parsed.success) throw new ConfigError(`${file} is not a valid configuration:\n${z.prettifyError(parsed.error)}`);
  const { clusters, stateDirectory, api, zones, dns, ...rest } = parsed.data;
  const [fault] = dnsFaults(zones, dns);
  if (fault !== undefined) throw new ConfigError(`${file}: ${fault}`);
  const names = clusters.map((one) => one.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined)
    throw new ConfigError(`${file}: two clusters are named "${twice}"; give each a name of its own`);
  const absolute = (text: string): string => resolve(dirname(file), text);
  return {
    ...rest,
    zones: absoluteZones(zones, dirname(file)),
    dns: absoluteDns(dns, dirname(file)),
    stateDirectory: absolute(stateDirectory),
    api: { listen: api.listen, ...(api.tokensFile === undefined ? {} : { tokensFile: absolute(api.tokensFile) }) },
    clusters: clusters.map(({ context, kubeconfig, ...one }) => ({
      ...one,
      kubeconfig: absolute(kubeconfig),
      ...(context === undefined ? {} : { context }),
    })),
  };
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
