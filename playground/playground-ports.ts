import type { ClusterPlace } from './api-servers.ts';
import type { ClusterPorts } from './cluster.ts';
import type { PlaygroundPorts } from './playground.ts';
import type { PortUse } from './ports.ts';

interface PortName {
  readonly purpose: string;
  readonly change: string;
}

const CLUSTER_PORTS: Readonly<Record<keyof ClusterPorts, PortName>> = {
  http: { purpose: 'the gateway (Envoy, HTTP)', change: 'npm start -- --http-port PORT' },
  https: { purpose: 'the gateway (Envoy, HTTPS)', change: portVariable('https') },
  demoV1: { purpose: 'the demo application, version v1', change: demoVariable('demoV1') },
  demoV2: { purpose: 'the demo application, version v2', change: demoVariable('demoV2') },
  apiServer: { purpose: 'kube-apiserver', change: portVariable('apiServer') },
  xds: { purpose: 'Contour, for Envoy', change: portVariable('xds') },
  contour: { purpose: "Contour's health and metrics", change: portVariable('contour') },
  contourDebug: { purpose: "Contour's debug pages", change: portVariable('contourDebug') },
  envoyStats: { purpose: "Envoy's health and metrics", change: portVariable('envoyStats') },
};

const SHARED_PORTS: Readonly<Record<'temporal' | 'temporalUi' | 'etcdClient' | 'etcdPeer', PortName>> = {
  temporal: { purpose: 'Temporal', change: 'npm start -- --temporal-port PORT' },
  temporalUi: { purpose: "Temporal's UI", change: 'npm start -- --temporal-port PORT (the UI is 1000 above it)' },
  etcdClient: { purpose: 'etcd', change: portVariable('etcdClient') },
  etcdPeer: { purpose: "etcd's peers", change: portVariable('etcdPeer') },
};

/** Every port that a playground listens on. */
export function playgroundPorts(
  { clusters, hub }: { readonly clusters: readonly ClusterPlace[]; readonly hub: ClusterPlace },
  ports: PlaygroundPorts,
  { temporal }: { readonly temporal: boolean },
): readonly PortUse[] {
  const first = clusters[0]?.address ?? '127.0.0.1';
  const use = (address: string, port: number, name: PortName): PortUse => ({ address, port, protocol: 'tcp', ...name });
  const ofClusters = clusters.flatMap(({ name, address }) =>
    clusterPortNames.map((key) => {
      const { purpose, change } = CLUSTER_PORTS[key];
      return use(address, ports[key], { purpose: `${purpose}, of cluster ${name}`, change });
    }),
  );
  const ofEtcd = (['etcdClient', 'etcdPeer'] as const).map((key) => use(first, ports[key], SHARED_PORTS[key]));
  const ofTemporal = (['temporal', 'temporalUi'] as const).map((key) =>
    use('127.0.0.1', ports[key], SHARED_PORTS[key]),
  );
  const ofHub = use(hub.address, ports.apiServer, {
    purpose: `${CLUSTER_PORTS.apiServer.purpose}, the hub`,
    change: CLUSTER_PORTS.apiServer.change,
  });
  return [...(temporal ? ofTemporal : []), ...ofEtcd, ofHub, ...ofClusters];
}

const clusterPortNames = Object.keys(CLUSTER_PORTS) as readonly (keyof ClusterPorts)[]; // the keys of the table above

/** Ports for which there is no flag are changed by a variable: `SLUICE_PORT_API_SERVER=26443 npm start`. */
export function portsFromEnvironment(environment: NodeJS.ProcessEnv): Partial<PlaygroundPorts> {
  const ports: Partial<Record<keyof PlaygroundPorts, number>> = {};
  const keys = [...clusterPortNames, 'etcdClient', 'etcdPeer'] as const;
  for (const key of keys) {
    const found = environment[variableName(key)];
    if (found === undefined || found === '') continue;
    ports[key] = parsePort(found, variableName(key));
  }
  return ports;
}

/** Throws an error that names `where` when the text is no port. */
export function parsePort(text: string, where: string): number {
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Error(`${where}: "${text}" is no port; allowed: 1 to 65535`);
}

function portVariable(key: keyof PlaygroundPorts): string {
  return `${variableName(key)}=PORT npm start`;
}

/** The ports of the demo application stand in the examples too. */
function demoVariable(key: 'demoV1' | 'demoV2'): string {
  return `${portVariable(key)}, and write it into examples/*.yaml as the port of the Service`;
}

function variableName(key: keyof PlaygroundPorts): string {
  return `SLUICE_PORT_${key.replace(/([A-Z])/g, '_$1').toUpperCase()}`;
}
