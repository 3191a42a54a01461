import {
  ApiException,
  KubeConfig,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  type V1Ingress,
} from '@kubernetes/client-node';
import type { LeafRef } from '../../../src/plan/types.ts';
import { desired } from '../../support/kube.ts';
import type { TestCluster } from '../../support/playground.ts';

/** What somebody with kubectl sees and does to one Ingress: by a client that is not ours. */
export class ByHand {
  readonly #api: NetworkingV1Api;
  readonly #at: { readonly namespace: string; readonly name: string };

  constructor(cluster: TestCluster, { namespace, name }: LeafRef) {
    const config = new KubeConfig();
    config.loadFromFile(cluster.adminKubeconfig);
    this.#api = config.makeApiClient(NetworkingV1Api);
    this.#at = { namespace, name };
  }

  async find(): Promise<V1Ingress | undefined> {
    return await this.#api.readNamespacedIngress(this.#at).catch(undefinedIfAbsent);
  }

  /** All of it that is not its status. */
  async desired(): Promise<unknown> {
    return desired(await this.find());
  }

  /** Makes an Ingress as somebody else would, with whatever labels and annotations. */
  async make(metadata: {
    readonly annotations?: Record<string, string>;
    readonly labels?: Record<string, string>;
  }): Promise<void> {
    const { namespace, name } = this.#at;
    const spec = { defaultBackend: { service: { name: 'shop', port: { number: 8001 } } } };
    await this.#api.createNamespacedIngress({ namespace, body: { metadata: { ...metadata, name }, spec } });
  }

  async replace(path: string, value: unknown): Promise<void> {
    const patch = { ...this.#at, body: [{ op: 'replace', path, value }], fieldManager: 'kubectl-edit' };
    await this.#api.patchNamespacedIngress(patch, setHeaderOptions('Content-Type', PatchStrategy.JsonPatch));
  }

  /** Finalizers that hold the object when it is removed; an empty list lets it go. */
  async hold(finalizers: readonly string[]): Promise<void> {
    const patch = { ...this.#at, body: { metadata: { finalizers } } };
    await this.#api.patchNamespacedIngress(patch, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
  }

  async remove(): Promise<void> {
    await this.#api.deleteNamespacedIngress(this.#at).catch(undefinedIfAbsent);
  }
}

function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof ApiException && error.code === 404) return undefined;
  throw error;
}
