import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { GatewayName } from './gateway-api.ts';
import type { ManagedProcess, Processes } from './processes.ts';
import { answers } from './wait.ts';

/** Ports of one cluster's ingress controller and its Envoy, all on the address of the cluster. */
export interface IngressPorts {
  /** What clients use: the address with this port is the gateway of the cluster. */
  readonly http: number;
  readonly https: number;
  readonly xds: number;
  readonly contour: number;
  readonly contourDebug: number;
  readonly envoyStats: number;
}

export interface ContourOptions {
  readonly binary: string;
  readonly name: string;
  readonly directory: string;
  readonly address: string;
  readonly ports: IngressPorts;
  readonly kubeconfig: string;
  /** The one Gateway that it serves: its listeners are those of Envoy. */
  readonly gateway: GatewayName;
  readonly ingressClass: string;
}

/**
 * Contour outside of its cluster: translates Ingresses of one class, and the routes of one Gateway, for the Envoy at the same
 * address, and writes that address to their status.
 */
export function startContour(processes: Processes, options: ContourOptions): Promise<ManagedProcess> {
  const { address, ports } = options;
  const settings = join(options.directory, 'contour.yaml');
  writeFileSync(settings, stringify(contourSettings(options)));
  return processes.start({
    name: `contour-${options.name}`,
    command: options.binary,
    args: [
      'serve',
      `--config-path=${settings}`,
      `--kubeconfig=${options.kubeconfig}`,
      `--ingress-class-name=${options.ingressClass}`,
      `--ingress-status-address=${address}`,
      // xDS without TLS: both ends are on one loopback address.
      '--insecure',
      '--disable-leader-election',
      `--xds-address=${address}`,
      `--xds-port=${ports.xds}`,
      `--envoy-service-http-address=${address}`,
      `--envoy-service-http-port=${ports.http}`,
      `--envoy-service-https-address=${address}`,
      `--envoy-service-https-port=${ports.https}`,
      `--stats-address=${address}`,
      `--stats-port=${ports.envoyStats}`,
      `--http-address=${address}`,
      `--http-port=${ports.contour}`,
      `--health-address=${address}`,
      `--health-port=${ports.contour}`,
      `--debug-http-address=${address}`,
      `--debug-http-port=${ports.contourDebug}`,
    ],
    ready: answers(`http://${address}:${ports.contour}/healthz`),
  });
}

function contourSettings({ gateway }: ContourOptions): object {
  return {
    gateway: { gatewayRef: gateway },
    // The applications are processes on loopback addresses, which an EndpointSlice may not hold, so their Services name them.
    enableExternalNameService: true,
    // Contour would put Envoy's admin listener of every cluster on the same port of 127.0.0.1; none is needed.
    network: { 'admin-port': 0 },
    cluster: { 'dns-lookup-family': 'v4' },
  };
}
