import { DiscoveryV1Api, KubeConfig, NetworkingV1Api, type V1Ingress } from '@kubernetes/client-node';
import { testPlayground } from './playground.ts';

/** Looks at Ingresses, and says which pods are ready, in member clusters as their administrator, with a client that is not ours. All in namespace default. */
export class Kube {
  readonly #api: NetworkingV1Api;
  readonly #discovery: DiscoveryV1Api;

  constructor(cluster: string) {
    const config = new KubeConfig();
    config.loadFromFile(testPlayground().cluster(cluster).adminKubeconfig);
    this.#api = config.makeApiClient(NetworkingV1Api);
    this.#discovery = config.makeApiClient(DiscoveryV1Api);
  }

  async ingressNames(): Promise<readonly string[]> {
    const { items } = await this.#api.listNamespacedIngress({ namespace: 'default' });
    return items.map((ingress) => ingress.metadata?.name ?? '');
  }

  async ingress(name: string): Promise<V1Ingress | undefined> {
    const { items } = await this.#api.listNamespacedIngress({ namespace: 'default' });
    return items.find((ingress) => ingress.metadata?.name === name);
  }

  async createIngress(name: string, host: string): Promise<V1Ingress> {
    return await this.#api.createNamespacedIngress({ namespace: 'default', body: foreignIngress(name, host) });
  }

  /** What the controller of EndpointSlices would write. Nobody serves there: the Services of the playground name their applications. */
  async setEndpoints(service: string, { ready, all }: { readonly ready: number; readonly all: number }): Promise<void> {
    const endpoints = Array.from({ length: all }, (_, index) => ({
      addresses: [`192.0.2.${index + 1}`],
      conditions: { ready: index < ready },
    }));
    const name = `${service}-made-by-test`;
    const labels = { 'kubernetes.io/service-name': service };
    const where = { name, namespace: 'default' };
    const body = { metadata: { ...where, labels }, addressType: 'IPv4', endpoints };
    const { items } = await this.#discovery.listNamespacedEndpointSlice({ namespace: 'default' });
    if (items.some(({ metadata }) => metadata?.name === name)) {
      await this.#discovery.replaceNamespacedEndpointSlice({ ...where, body });
    } else await this.#discovery.createNamespacedEndpointSlice({ namespace: 'default', body });
  }

  async removeEndpoints(service: string): Promise<void> {
    await this.#discovery.deleteNamespacedEndpointSlice({ name: `${service}-made-by-test`, namespace: 'default' });
  }

  async deleteIngress(name: string): Promise<void> {
    await this.#api.deleteNamespacedIngress({ namespace: 'default', name });
  }
}

/**
 * What people and controllers want of an Ingress, as opposed to what is observed: comparing by resourceVersion would race with
 * Contour, which writes the status of every Ingress when it gets to it.
 */
export function desired(ingress: V1Ingress | undefined): unknown {
  if (ingress === undefined) return undefined;
  const { spec, metadata: { resourceVersion: _version, managedFields, ...metadata } = {} } = ingress;
  return { spec, metadata, managers: managedFields?.filter(({ subresource }) => subresource !== 'status') };
}

/** An Ingress as somebody else would have made it. */
function foreignIngress(name: string, host: string): V1Ingress {
  const backend = { service: { name: 'shop', port: { number: 80 } } };
  return {
    metadata: { name },
    spec: {
      ingressClassName: 'contour',
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}
