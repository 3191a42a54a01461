import type { Client } from '@temporalio/client';
import { type Cluster, openCluster } from '../lib/kubernetes/cluster.ts';
import { createLog, type Logger } from '../lib/log.ts';
import { createMetrics, type Registry } from '../lib/metrics.ts';
import { dnsPlane } from '../planes/dns/dns-plane.ts';
import type { Plane } from '../planes/plane.ts';
import { openFileStore } from '../planes/store/file-store.ts';
import type { GlobalIngressStore } from '../planes/store/store.ts';
import type { Environment } from '../spec/admission.ts';
import type { Config } from './config.ts';
import { regionNames } from './dns-config.ts';
import { storeDirectory } from './state.ts';
import { installTemporalLog, temporalClient } from './temporal.ts';
import { VERSION } from './version.ts';

/** What the roles of one process share. */
export interface Installation {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly temporal: Client;
  readonly clusters: readonly Cluster[];
  readonly store: GlobalIngressStore;
  readonly planes: readonly Plane[];
}

/** Opens everything that a process needs. Nothing here waits for the network. */
export function createInstallation(role: string, config: Config): Installation {
  const log = createLog({ level: config.log.level, name: role, pretty: config.log.pretty });
  const clusters = config.clusters.map(openCluster);
  installTemporalLog(log);
  const temporal = temporalClient();
  return {
    config,
    environment: {
      clusters: config.clusters.map(({ name }) => name),
      zones: config.zones.map(({ name }) => name),
      regions: regionNames(config.dns),
    },
    log,
    metrics: createMetrics(VERSION),
    temporal,
    clusters,
    store: openFileStore(storeDirectory(config)),
    planes: [dnsPlane({ servers: config.dns.listen, zones: config.zones.map(({ name }) => name) })],
  };
}
