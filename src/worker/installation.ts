import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { followHubClusters } from '../hub/clusters.ts';
import {
  type ClusterRegistry,
  createClusterRegistry,
  type RegisteredCluster,
  type RegistrySources,
} from '../lib/kubernetes/cluster-registry.ts';
import { createKubernetesMetrics } from '../lib/kubernetes/metrics.ts';
import { createLog, type Logger } from '../lib/log.ts';
import { createMetrics, type Registry } from '../lib/metrics.ts';
import { dnsPlane } from '../planes/dns/dns-plane.ts';
import type { Plane } from '../planes/plane.ts';
import { createServingPlane, type ServingPlane } from '../planes/store/kubernetes/serving-plane.ts';
import type { GlobalIngressStore } from '../planes/store/store.ts';
import type { Environment } from '../spec/admission.ts';
import { type ClusterChecks, checkClusters } from './cluster-checks.ts';
import type { Config } from './config.ts';
import { instanceName } from './dns/instance-name.ts';
import { listenAddresses } from './dns/listen-addresses.ts';
import { regionNames } from './dns-config.ts';
import { type OpenHub, openHub, openStore } from './store.ts';
import { installTemporalLog, temporalClient } from './temporal.ts';
import { VERSION } from './version.ts';

/** What the roles of one process share. */
export interface Installation {
  readonly config: Config;
  /** What specs may refer to now: clusters come and go. */
  readonly environment: () => Environment;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly temporal: Client;
  /** The member clusters. */
  readonly registry: ClusterRegistry & RegistrySources;
  readonly hub: RegisteredCluster | undefined;
  readonly store: GlobalIngressStore;
  readonly planes: readonly Plane[];
  readonly checks: ClusterChecks;
  /** Resolves when all member clusters are known, those of the hub included: before, specs could be refused for nothing. */
  readonly clustersKnown: Promise<void>;
  /** Ends every watch. */
  close(): Promise<void>;
}

/** Opens everything that a process needs. Nothing here waits for the network. */
export function createInstallation(role: string, config: Config): Installation {
  const log = createLog({ level: config.log.level, name: role, pretty: config.log.pretty });
  installTemporalLog(log);
  const metrics = createMetrics(VERSION);
  const kubernetesMetrics = createKubernetesMetrics(metrics);
  const registry = createClusterRegistry({ log, metrics: kubernetesMetrics });
  registry.set('config', config.clusters);
  const opened = openHub(config, log, kubernetesMetrics);
  const zones = config.zones.map(({ name }) => name);
  const regions = regionNames(config.dns);
  const checks = checkClusters(
    config.clusters.map(({ name }) => name),
    { registry, log },
  );
  const others = opened && otherDnsServers(opened, config);
  const clusters = followClusters({ config, log, registry, hub: opened?.hub });
  return {
    config,
    environment: () => ({ clusters: registry.list().map(({ name, labels }) => ({ name, labels })), zones, regions }),
    log,
    metrics,
    temporal: temporalClient(),
    registry,
    hub: opened?.hub,
    store: openStore(config, opened?.hub),
    planes: [dnsPlane({ servers: config.dns.listen, zones }), ...(others ? [others] : [])],
    checks,
    clustersKnown: clusters.known,
    async close() {
      checks.stop();
      others?.close();
      await clusters.stop();
      registry.close();
      opened?.close();
    },
  };
}

/** Those of this process are asked over the wire. */
function otherDnsServers({ hub, namespace }: OpenHub, { dns }: Config): ServingPlane {
  const except = [instanceName(listenAddresses(dns.listen)[0])];
  return createServingPlane({ hub, namespace, except, machine: hostname() });
}

type Followed = Pick<Installation, 'config' | 'log' | 'registry' | 'hub'>;

/** Adds the clusters that have objects in the hub, for as long as the process lives. */
function followClusters({ config, log, registry, hub }: Followed): { known: Promise<void>; stop(): Promise<void> } {
  if (hub === undefined || config.hub === undefined) {
    return { known: Promise.resolve(), stop: () => Promise.resolve() };
  }
  const stopping = new AbortController();
  const known = Promise.withResolvers<void>();
  const options = { hub, registry, namespace: config.hub.namespace, log };
  const following = followHubClusters(options, stopping.signal, known.resolve);
  return {
    known: known.promise,
    async stop() {
      stopping.abort();
      await following.catch((error: unknown) => {
        if (error !== stopping.signal.reason) throw error;
      });
    },
  };
}
