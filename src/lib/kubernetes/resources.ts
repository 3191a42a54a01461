import type { AnyObject, KubernetesObject, Resource } from './objects.ts';

/** A kind of object by where the API server keeps it. */
export function resource(
  apiVersion: string,
  kind: string,
  plural: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): Resource<AnyObject> {
  const is = (object: KubernetesObject): object is AnyObject => object.kind === kind;
  return { apiVersion, kind, plural, scope, is };
}

const GATEWAY_API = 'gateway.networking.k8s.io/v1';
const SLUICE = 'sluice.dev/v1alpha1';

export const INGRESS = resource('networking.k8s.io/v1', 'Ingress', 'ingresses');
export const HTTP_ROUTE = resource(GATEWAY_API, 'HTTPRoute', 'httproutes');
export const GATEWAY = resource(GATEWAY_API, 'Gateway', 'gateways');
export const GATEWAY_CLASS = resource(GATEWAY_API, 'GatewayClass', 'gatewayclasses', 'Cluster');
export const SERVICE = resource('v1', 'Service', 'services');
export const ENDPOINT_SLICE = resource('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
export const SECRET = resource('v1', 'Secret', 'secrets');
export const CONFIG_MAP = resource('v1', 'ConfigMap', 'configmaps');
export const NODE = resource('v1', 'Node', 'nodes', 'Cluster');
export const NAMESPACE = resource('v1', 'Namespace', 'namespaces', 'Cluster');
export const ROUTE = resource('route.openshift.io/v1', 'Route', 'routes');
export const LEASE = resource('coordination.k8s.io/v1', 'Lease', 'leases');
export const EVENT = resource('events.k8s.io/v1', 'Event', 'events');
export const CUSTOM_RESOURCE_DEFINITION = resource(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  'Cluster',
);

export const FEDERATED_INGRESS = resource(SLUICE, 'FederatedIngress', 'federatedingresses');
/** Its name is the hostname. */
export const GLOBAL_INGRESS = resource(SLUICE, 'GlobalIngress', 'globalingresses', 'Cluster');
export const CLUSTER = resource(SLUICE, 'Cluster', 'clusters', 'Cluster');
