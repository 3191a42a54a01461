import { join } from 'node:path';
import { type ApiServer, type ServerCertificate, startApiServer } from './apiserver.ts';
import { type RunningCluster, startCluster } from './cluster.ts';
import { demoUrl } from './demo.ts';
import { etcdUrl, startEtcd } from './etcd.ts';
import { readDefinitions } from './kube-api.ts';
import { type OwnGateway, type OwnGatewayRequest, ownGatewayAddress, startOwnGateway } from './own-gateway.ts';
import type { PlaygroundPorts } from './playground.ts';
import type { Processes } from './processes.ts';
import type { Progress } from './progress.ts';
import type { ToolPaths } from './tools/ensure-tools.ts';

export interface ClusterPlace {
  readonly name: string;
  /** A loopback address that no other cluster has: everything of the cluster listens there. */
  readonly address: string;
}

/** An API server of the playground: the hub, or that of a member cluster. */
export interface PlaygroundApiServer extends ClusterPlace {
  /** Of the user `sluice`: what RBAC gives. */
  readonly kubeconfig: string;
  /** Of the user `admin`: everything. */
  readonly adminKubeconfig: string;
  readonly certificate: ServerCertificate;
  /** Goes without a word, as a cluster that is lost: it is killed, and no client is told. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
}

export interface PlaygroundCluster extends PlaygroundApiServer {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** `POST <url>/control` with `{"fail": true}` or `{"delayMs": 2000}` changes how one of them behaves. */
  readonly demo: { readonly v1Url: string; readonly v2Url: string };
  /** Where a Gateway other than the public one is served, once `startGateway` was told to. */
  readonly ownGatewayAddress: string;
  /** Serves one more Gateway of class `contour`, whether it is there already or comes later. */
  startGateway(request: OwnGatewayRequest): Promise<OwnGateway>;
}

export interface ApiServersOptions {
  readonly clusters: readonly ClusterPlace[];
  readonly hub: ClusterPlace;
  readonly directory: string;
  readonly ports: PlaygroundPorts;
  readonly tools: ToolPaths;
  readonly sockets: string;
  readonly progress: Progress;
}

export interface ApiServers {
  readonly clusters: readonly PlaygroundCluster[];
  readonly hub: PlaygroundApiServer;
}

/** Brings up etcd, the hub and the member clusters. */
export async function startApiServers(processes: Processes, options: ApiServersOptions): Promise<ApiServers> {
  const { directory, ports, progress, tools } = options;
  const address = options.clusters[0]?.address ?? '127.0.0.1';
  const store = { address, clientPort: ports.etcdClient, peerPort: ports.etcdPeer };
  await progress.step('etcd', () => startEtcd(processes, { binary: tools.etcd, directory, ...store }));
  const etcd = etcdUrl(store);
  const [hub, clusters] = await Promise.all([
    progress.step('hub', () => startHub(processes, { ...options, etcd })),
    startClusters(processes, { ...options, etcd }),
  ]);
  return { hub, clusters };
}

type Start = ApiServersOptions & { readonly etcd: string };

/** An API server and nothing else: what belongs in a hub comes with `sluice install`. */
async function startHub(processes: Processes, { hub, directory, ports, tools, etcd }: Start) {
  const apiServer = await startApiServer(processes, {
    binary: tools.kubeApiServer,
    ...hub,
    directory: join(directory, hub.name),
    port: ports.apiServer,
    etcd,
  });
  return describeApiServer(hub, apiServer);
}

function startClusters(processes: Processes, start: Start): Promise<readonly PlaygroundCluster[]> {
  const { clusters, directory, ports, progress, tools, etcd } = start;
  // Once for all clusters: a megabyte of YAML.
  const definitions = readDefinitions([tools.contourResources, tools.gatewayApi]);
  const common = { ports, directory, tools, socketDirectory: start.sockets, etcd, definitions };
  return Promise.all(
    clusters.map(async (place) => {
      const running = await progress.step(`cluster ${place.name}`, (say) =>
        startCluster(processes, { ...common, ...place, say }),
      );
      return describeCluster(place, running, { processes, start });
    }),
  );
}

function describeCluster(
  place: ClusterPlace,
  running: RunningCluster,
  { processes, start }: { processes: Processes; start: Start },
): PlaygroundCluster {
  const { ports, tools, sockets } = start;
  const { adminKubeconfig, directory } = running.apiServer;
  const own = { ...place, ports, tools, kubeconfig: adminKubeconfig, directory, socketDirectory: sockets };
  return {
    ...describeApiServer(place, running.apiServer),
    httpPort: ports.http,
    httpsPort: ports.https,
    demo: {
      v1Url: demoUrl({ address: place.address, port: ports.demoV1 }),
      v2Url: demoUrl({ address: place.address, port: ports.demoV2 }),
    },
    ownGatewayAddress: ownGatewayAddress(place.address),
    startGateway: (request) => startOwnGateway(processes, { ...own, ...request }),
  };
}

function describeApiServer(place: ClusterPlace, server: ApiServer): PlaygroundApiServer {
  return {
    ...place,
    kubeconfig: server.kubeconfig,
    adminKubeconfig: server.adminKubeconfig,
    certificate: server.certificate,
    stopApiServer: () => server.process.kill(),
    startApiServer: () => server.process.start(),
  };
}
