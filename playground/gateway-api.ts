import type { KubeObject } from './kube-api.ts';

/** The Gateway that every cluster has, served by its Contour at the port that serves Ingresses as well. */
export const PUBLIC_GATEWAY: GatewayName = { namespace: 'gateways', name: 'public' };

/** The GatewayClass of Contour. */
export const GATEWAY_CLASS = 'contour';

export interface GatewayName {
  readonly namespace: string;
  readonly name: string;
}

interface GatewayPorts {
  readonly http: number;
  readonly https: number;
}

const API_VERSION = 'gateway.networking.k8s.io/v1';

/** The objects of the public Gateway. Every namespace may attach its routes. */
export function publicGateway(ports: GatewayPorts): readonly KubeObject[] {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PUBLIC_GATEWAY.namespace } };
  const allowedRoutes = { namespaces: { from: 'All' } };
  const http = { name: 'http', protocol: 'HTTP', port: listenerPort(ports.http), allowedRoutes };
  // Contour's own protocol: the certificates are those of the Ingresses, as without a Gateway.
  const https = { name: 'https', protocol: 'projectcontour.io/https', port: listenerPort(ports.https), allowedRoutes };
  const gateway = {
    apiVersion: API_VERSION,
    kind: 'Gateway',
    metadata: PUBLIC_GATEWAY,
    spec: { gatewayClassName: GATEWAY_CLASS, listeners: [http, https] },
  };
  return [namespace, gatewayClass(), gateway];
}

function gatewayClass(): KubeObject & { readonly spec: object } {
  return {
    apiVersion: API_VERSION,
    kind: 'GatewayClass',
    metadata: { name: GATEWAY_CLASS },
    spec: { controllerName: 'projectcontour.io/gateway-controller' },
  };
}

/** Contour's Gateway provisioner accepts classes; where Gateways are served without one, as here, nobody else does. */
export function acceptedGatewayClass(): KubeObject & { readonly status: object } {
  const condition = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: 'Contour serves it',
    observedGeneration: 1,
    lastTransitionTime: new Date().toISOString(),
  };
  const { apiVersion, kind, metadata } = gatewayClass();
  return { apiVersion, kind, metadata, status: { conditions: [condition] } };
}

/** Contour has Envoy listen 8,000 above the port of a Gateway's listener, since Envoys in clusters may not have port 80. */
export function envoyPort(listener: number): number {
  const port = listener + 8_000;
  return port > 65_535 ? port - 65_535 : port;
}

/** The listener for which Envoy listens on `port`: the reverse of `envoyPort`. */
export function listenerPort(port: number): number {
  if (port <= 1_023) throw new Error(`port ${port} cannot be that of a gateway: Contour allows 1024 to 65535`);
  return port > 8_000 ? port - 8_000 : port - 8_000 + 65_535;
}
