import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { recordAt, textAt } from '../../lib/kubernetes/fields.ts';
import { type AnyObject, isRecord, type Manifest, type ObjectRef } from '../../lib/kubernetes/objects.ts';
import {
  applyObject,
  createObject,
  deleteObject,
  getObject,
  mergeObject,
  replaceObject,
} from '../../lib/kubernetes/requests.ts';
import { FEDERATED_INGRESS, HTTP_ROUTE, INGRESS } from '../../lib/kubernetes/resources.ts';
import { refOf } from '../document.ts';
import { ROOT_LABEL } from './desired.ts';
import {
  addressesOf,
  hasAddresses,
  hasParents,
  ingressStatus,
  type RouteVerdict,
  routeParents,
} from './root-status.ts';

const ROOTS_MANAGER = 'sluice-roots';

/** Writes what roots come to. Nothing of a root but its status is ever written. */
export class RootWriter {
  readonly #hub: RegisteredCluster;
  readonly #signal: AbortSignal;
  /** What was applied last, and the generation that it gave: another one means that somebody has changed it since. */
  readonly #applied = new Map<string, { readonly text: string; readonly generation: number | undefined }>();

  constructor(hub: RegisteredCluster, signal: AbortSignal) {
    this.#hub = hub;
    this.#signal = signal;
  }

  /** Brings a FederatedIngress about. The text of why it cannot be, otherwise. */
  async put(manifest: Manifest, existing: AnyObject | undefined): Promise<string | undefined> {
    const key = placeOf(manifest);
    if (existing !== undefined && !isMadeFor(existing, manifest)) return nameTaken(key);
    const text = JSON.stringify(manifest);
    const last = this.#applied.get(key);
    if (existing !== undefined && last?.text === text && last.generation === existing.metadata.generation)
      return undefined;
    try {
      const object = existing === undefined ? await this.#make(manifest) : await this.#replace(manifest, existing);
      if (object === undefined) return nameTaken(key);
      this.#applied.set(key, { text, generation: object.metadata.generation });
      return undefined;
    } catch (error) {
      // 422: the definition's own words for what is wrong with it.
      if (error instanceof KubernetesError && error.failure.status === 422) return error.failure.detail;
      throw error;
    }
  }

  /** Undefined when there is one of its name, made by somebody else. */
  async #make(manifest: Manifest): Promise<AnyObject | undefined> {
    const ref = federatedRef(manifest);
    const made = await createObject(this.#hub, ref, { manifest, fieldManager: ROOTS_MANAGER, signal: this.#signal });
    if (made.kind === 'created') return made.object;
    // The watch may not have brought what was made a moment ago.
    const found = await getObject(this.#hub, ref, { signal: this.#signal });
    return found !== undefined && isMadeFor(found, manifest) ? await this.#replace(manifest, found) : undefined;
  }

  /** What the root does not speak of (a strategy, say) is for people to write and stays. */
  async #replace(manifest: Manifest, existing: AnyObject): Promise<AnyObject> {
    const { tls: _, ...spec } = recordAt(existing, 'spec') ?? {};
    const { labels, ownerReferences } = manifest.metadata;
    const replaced = await replaceObject(this.#hub, federatedRef(manifest), {
      manifest: {
        ...existing,
        metadata: { ...existing.metadata, labels: { ...existing.metadata.labels, ...labels }, ownerReferences },
        spec: { ...spec, ...recordAt(manifest, 'spec') },
      },
      fieldManager: ROOTS_MANAGER,
      signal: this.#signal,
    });
    if (replaced.kind === 'replaced') return replaced.object;
    throw new StaleError(`FederatedIngress ${placeOf(manifest)} has changed meanwhile`);
  }

  async remove(federated: AnyObject): Promise<void> {
    if (federated.metadata.deletionTimestamp !== undefined) return;
    await deleteObject(this.#hub, refOf(federated), { uid: federated.metadata.uid, signal: this.#signal });
  }

  async writeIngressStatus(ingress: AnyObject, federated: readonly AnyObject[]): Promise<void> {
    const addresses = addressesOf(federated);
    if (hasAddresses(ingress, addresses)) return;
    const options = { fieldManager: ROOTS_MANAGER, subresource: 'status', signal: this.#signal } as const;
    const ref = { resource: INGRESS, namespace: ingress.metadata.namespace ?? 'default', name: ingress.metadata.name };
    try {
      await applyObject(this.#hub, ref, { ...options, manifest: ingressStatus(ingress, addresses) });
    } catch (error) {
      // An ingress controller of the hub serves it as well, and says so itself.
      if (!(error instanceof KubernetesError) || error.failure.reason !== 'Conflict') throw error;
    }
  }

  async writeRouteStatus(route: AnyObject, verdict: RouteVerdict): Promise<void> {
    const parents = routeParents(route, verdict);
    if (hasParents(route, parents)) return;
    const { namespace = 'default', name, uid, resourceVersion } = route.metadata;
    const patch = { metadata: { uid, resourceVersion }, status: { parents } };
    const options = { patch, subresource: 'status', signal: this.#signal } as const;
    await mergeObject(this.#hub, { resource: HTTP_ROUTE, namespace, name }, options);
  }
}

/** What was looked at is not the newest any more; the watch brings that. */
export class StaleError extends Error {
  override readonly name = 'StaleError';
}

function nameTaken(key: string): string {
  return `there is a FederatedIngress ${key} already, which was not made of this object; rename one of them`;
}

function federatedRef({ metadata }: Manifest): ObjectRef<AnyObject> {
  return { resource: FEDERATED_INGRESS, namespace: metadata.namespace ?? 'default', name: metadata.name ?? '' };
}

function placeOf({ metadata }: Manifest): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name ?? ''}`;
}

/** Made of a root of this kind and name: of the same one, or of one that was deleted and made again. */
function isMadeFor(existing: AnyObject, { metadata }: Manifest): boolean {
  const [owner] = metadata.ownerReferences ?? [];
  return rootKeyOf(existing) === `${owner?.kind ?? ''}/${metadata.namespace ?? ''}/${owner?.name ?? ''}`;
}

/** `Ingress/default/shop` for what was made of that; undefined for everything else. */
export function rootKeyOf({ metadata }: AnyObject): string | undefined {
  const uid = metadata.labels?.[ROOT_LABEL];
  const owner = metadata.ownerReferences?.find((one) => isRecord(one) && textAt(one, 'uid') === uid);
  return owner === undefined ? undefined : `${owner.kind}/${metadata.namespace ?? 'default'}/${owner.name}`;
}
