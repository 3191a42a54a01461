import type { SluiceClient } from '../client/client.ts';
import type { ClusterRegistry, RegisteredCluster, RegistrySources } from '../lib/kubernetes/cluster-registry.ts';
import { whileLeading } from '../lib/kubernetes/lease.ts';
import type { Logger } from '../lib/log.ts';
import type { Status } from '../workflows/status.ts';
import { runClusterController } from './clusters.ts';
import { type DnsEndpointsOptions, runDnsEndpoints } from './dns-endpoints.ts';
import type { EventPoster } from './events.ts';
import { runFederatedIngressController } from './federated-ingresses.ts';
import { runRootController } from './roots.ts';

export interface HubOptions {
  readonly hub: RegisteredCluster;
  readonly registry: ClusterRegistry & RegistrySources;
  readonly client: SluiceClient;
  readonly log: Logger;
  readonly settings: HubSettings;
  readonly events: EventPoster;
  /** `write` of the status writer. */
  readonly onStatus?: (status: Status) => void;
  /** Further work of the process that leads, such as cloud load balancers. */
  readonly controllers?: readonly Controller[];
}

export interface HubSettings {
  /** Sluice's own namespace in the hub: the lease is there, and kubeconfigs of member clusters. */
  readonly namespace: string;
  /** Of this process and of no other, also not of the one before it. */
  readonly identity: string;
  /** Present: GlobalIngresses are written as DNSEndpoints as well. */
  readonly dnsEndpoints?: DnsEndpointsOptions['settings'];
}

export type Controller = (signal: AbortSignal) => Promise<void>;

const LEASE = 'sluice-hub';

/** Does the work of the hub that one process does, whenever this one holds the lease, until the signal aborts. */
export async function runHub(options: HubOptions, signal: AbortSignal): Promise<void> {
  const { hub, log, settings } = options;
  const { namespace, identity } = settings;
  const lead: Controller = async (leading) => {
    log.info({ identity }, 'leads the hub');
    await together(controllersOf(options), leading);
    log.info({ identity }, 'leads the hub no more');
  };
  await whileLeading(hub, { namespace, name: LEASE, identity }, lead, signal);
}

function controllersOf(options: HubOptions): readonly Controller[] {
  const { hub, registry, client, log, settings, events, onStatus, controllers = [] } = options;
  const { namespace, dnsEndpoints } = settings;
  const federated = { hub, client, log, events, ...(onStatus === undefined ? {} : { onStatus }) };
  return [
    (leading) => runFederatedIngressController(federated, leading),
    (leading) => runRootController({ hub, log, events }, leading),
    (leading) => runClusterController({ hub, registry, namespace, log }, leading),
    ...(dnsEndpoints === undefined
      ? []
      : [(leading: AbortSignal) => runDnsEndpoints({ hub, settings: dnsEndpoints, log }, leading)]),
    ...controllers,
  ];
}

/** Runs all until the signal aborts. One that fails, which only a bug makes it do, ends the others. */
async function together(controllers: readonly Controller[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const runs = controllers.map((run) => {
    return run(either).catch((error: unknown) => {
      if (either.aborted && error === either.reason) return;
      failed.abort(error);
      throw error;
    });
  });
  const results = await Promise.allSettled(runs);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
