import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { isRecord } from '../../../src/lib/kubernetes/objects.ts';
import { testPlayground } from '../playground.ts';

const APIS = {
  Ingress: { group: 'networking.k8s.io', version: 'v1', plural: 'ingresses' },
  HTTPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' },
} as const;

/** Whether a leaf is in a cluster, by a client that is not ours and that no proxy stands before. */
export class LeafLook {
  readonly #api: CustomObjectsApi;
  readonly #kind: keyof typeof APIS;

  constructor(cluster: string, kind: keyof typeof APIS) {
    const config = new KubeConfig();
    config.loadFromFile(testPlayground().cluster(cluster).adminKubeconfig);
    this.#api = config.makeApiClient(CustomObjectsApi);
    this.#kind = kind;
  }

  /** Undefined when the API server cannot be asked, or is only just coming up. */
  async isThere(name: string): Promise<boolean | undefined> {
    const found: unknown = await this.#api
      .listNamespacedCustomObject({ ...APIS[this.#kind], namespace: 'default' })
      .catch(() => undefined);
    if (!isRecord(found) || !Array.isArray(found['items'])) return undefined;
    return found['items'].some((item: unknown) => {
      return isRecord(item) && isRecord(item['metadata']) && item['metadata']['name'] === name;
    });
  }
}
