import { join } from 'node:path';
import { type ApiServer, startApiServer } from './apiserver.ts';
import { type IngressPorts, startContour } from './contour.ts';
import { startEnvoy } from './envoy.ts';
import { acceptedGatewayClass, PUBLIC_GATEWAY, publicGateway } from './gateway-api.ts';
import { type CustomResourceDefinition, KubeApi, type KubeObject } from './kube-api.ts';
import type { ManagedProcess, Processes } from './processes.ts';
import type { Say } from './progress.ts';
import { sluiceRights } from './rbac.ts';
import type { ToolPaths } from './tools/ensure-tools.ts';

/** The class of Ingresses that Contour serves. */
const INGRESS_CLASS = 'contour';

/** Ports of one cluster, all on its own address, so that every cluster may use the same ones. */
export interface ClusterPorts extends IngressPorts {
  readonly apiServer: number;
  /** Version v1 of the demo application, Service `shop`. */
  readonly demoV1: number;
  /** Version v2, Service `shop-v2`. */
  readonly demoV2: number;
}

export interface ClusterOptions {
  readonly name: string;
  readonly address: string;
  readonly ports: ClusterPorts;
  readonly directory: string;
  readonly socketDirectory: string;
  readonly etcd: string;
  readonly tools: ToolPaths;
  /** Of Contour and of the Gateway API. */
  readonly definitions: readonly CustomResourceDefinition[];
  readonly say: Say;
}

export interface RunningCluster {
  readonly apiServer: ApiServer;
  readonly contour: ManagedProcess;
  readonly envoy: ManagedProcess;
}

/** A member cluster: API server, ingress controller and gateway, and the Services of the demo application. */
export async function startCluster(processes: Processes, options: ClusterOptions): Promise<RunningCluster> {
  const { name, address, ports, tools, say } = options;
  const directory = join(options.directory, 'clusters', name);
  say('API server');
  const apiServer = await startApiServer(processes, {
    binary: tools.kubeApiServer,
    name,
    directory,
    address,
    port: ports.apiServer,
    etcd: options.etcd,
  });
  say('custom resources and Services');
  await prepareObjects(apiServer, options);
  say('Contour');
  const { adminKubeconfig: kubeconfig } = apiServer;
  const ingress = { name, directory, address, ports };
  const serves = { gateway: PUBLIC_GATEWAY, ingressClass: INGRESS_CLASS };
  const contour = await startContour(processes, { ...ingress, ...serves, binary: tools.contour, kubeconfig });
  say('Envoy');
  const adminSocket = join(options.socketDirectory, `${name}.sock`);
  const envoy = await startEnvoy(processes, { ...ingress, binary: tools.envoy, contour: tools.contour, adminSocket });
  return { apiServer, contour, envoy };
}

async function prepareObjects({ access }: ApiServer, { address, ports, definitions }: ClusterOptions): Promise<void> {
  const api = new KubeApi(access);
  try {
    await api.applyDefinitions(definitions);
    for (const object of clusterObjects(address, ports)) await api.apply(object);
    await api.applyStatus(acceptedGatewayClass());
  } finally {
    api.close();
  }
}

function clusterObjects(address: string, ports: ClusterPorts): readonly KubeObject[] {
  const ingressClass = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: INGRESS_CLASS },
    spec: { controller: 'projectcontour.io/playground' },
  };
  return [
    ingressClass,
    ...publicGateway(ports),
    ...sluiceRights(),
    demoService('shop', address, ports.demoV1),
    demoService('shop-v2', address, ports.demoV2),
  ];
}

/** Contour sends to the Service's own port at the external name, so that is the port on which the application listens. */
function demoService(name: string, address: string, port: number): KubeObject & { readonly spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'ExternalName', externalName: address, ports: [{ name: 'http', port, protocol: 'TCP' }] },
  };
}
