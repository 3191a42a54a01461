import { CoreV1Api, CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { TestCluster } from './playground.ts';

/** Kinds by their API; a Service is in the core group. */
const APIS = {
  Ingress: { group: 'networking.k8s.io', plural: 'ingresses' },
  Gateway: { group: 'gateway.networking.k8s.io', plural: 'gateways' },
  HTTPRoute: { group: 'gateway.networking.k8s.io', plural: 'httproutes' },
} as const;

/** Writes status as a controller does it, over a connection that is open: for what is to be measured. Namespace default. */
export class StatusWriter {
  readonly #core: CoreV1Api;
  readonly #others: CustomObjectsApi;

  constructor(cluster: TestCluster) {
    const config = new KubeConfig();
    config.loadFromFile(cluster.adminKubeconfig);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#others = config.makeApiClient(CustomObjectsApi);
  }

  async write(kind: keyof typeof APIS | 'Service', name: string, status: object): Promise<void> {
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    const patch = { namespace: 'default', name, body: { status } };
    if (kind === 'Service') await this.#core.patchNamespacedServiceStatus(patch, merge);
    else await this.#others.patchNamespacedCustomObjectStatus({ ...patch, ...APIS[kind], version: 'v1' }, merge);
  }
}
