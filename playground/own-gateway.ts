import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type IngressPorts, startContour } from './contour.ts';
import { startEnvoy } from './envoy.ts';
import { envoyPort, type GatewayName } from './gateway-api.ts';
import type { Processes } from './processes.ts';
import type { ToolPaths } from './tools/ensure-tools.ts';

/** A Gateway beside the public one, as users and Sluice make them: Contour and Envoy serve it at an address of its own. */
export interface OwnGateway {
  readonly address: string;
  stop(): Promise<void>;
}

export interface OwnGatewayRequest {
  readonly gateway: GatewayName;
  /** The ports of its listeners: clients reach them at the address. */
  readonly listeners: readonly number[];
}

export interface OwnGatewayOptions extends OwnGatewayRequest {
  /** The name of the cluster, its address and its directory. */
  readonly name: string;
  readonly address: string;
  readonly directory: string;
  readonly socketDirectory: string;
  readonly kubeconfig: string;
  readonly ports: IngressPorts;
  readonly tools: ToolPaths;
}

/** The public Gateway of a cluster is at 127.0.0.21, its other one at 127.0.1.21, where every port is free. */
export function ownGatewayAddress(cluster: string): string {
  return cluster.replace(/^127\.0\.0\./, '127.0.1.');
}

/** No Ingress is of this class: those are served by the Contour of the public Gateway. */
const NO_INGRESSES = 'none';

/** Serves one more Gateway of a cluster; one at a time. Contour serves a single Gateway, so this is a Contour and an Envoy more. */
export async function startOwnGateway(processes: Processes, options: OwnGatewayOptions): Promise<OwnGateway> {
  const { ports, tools, kubeconfig, gateway } = options;
  const address = ownGatewayAddress(options.address);
  const name = `${options.name}-own`;
  const directory = join(options.directory, 'own-gateway');
  mkdirSync(directory, { recursive: true });
  const common = { name, directory, address, ports };
  const serves = { gateway, ingressClass: NO_INGRESSES };
  const contour = await startContour(processes, { ...common, ...serves, binary: tools.contour, kubeconfig });
  const adminSocket = join(options.socketDirectory, `${name}.sock`);
  const envoy = await startEnvoy(processes, { ...common, binary: tools.envoy, contour: tools.contour, adminSocket });
  const forwarders = await Promise.all(options.listeners.map((port) => startForwarder(address, port)));
  return {
    address,
    stop: async () => {
      await Promise.all([envoy.stop(), contour.stop(), ...forwarders.map((server) => close(server))]);
    },
  };
}

/** In a cluster the Service of the Gateway has the listener's port and leads to the one that Envoy listens on. This plays it. */
async function startForwarder(address: string, port: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect({ host: address, port: envoyPort(port) });
    // However either end breaks off, the other one is closed by it.
    Promise.all([pipeline(client, upstream), pipeline(upstream, client)]).catch(() => {
      client.destroy();
      upstream.destroy();
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
