import type { KubernetesObject, Manifest, Resource } from '../../lib/kubernetes/objects.ts';
import type { Owner } from '../../plan/global-ingress.ts';
import type { LeafRef } from '../../plan/types.ts';
import type { LeafIntent } from './leaf.ts';

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const MANAGER = 'sluice';
const OWNER = 'sluice.dev/owner';
const OWNER_NAMESPACE = 'sluice.dev/owner-namespace';
const OWNER_NAME = 'sluice.dev/owner-name';

/** An object of ours: label and annotation say whose it is; `content` is the rest. */
export function ownedManifest(
  { ref, owner }: Pick<LeafIntent, 'ref' | 'owner'>,
  { apiVersion, kind }: Resource<KubernetesObject>,
  content: Readonly<Record<string, unknown>>,
): Manifest {
  return {
    apiVersion,
    kind,
    metadata: {
      namespace: ref.namespace,
      name: ref.name,
      labels: { [MANAGED_BY]: MANAGER, [OWNER_NAMESPACE]: owner.namespace, [OWNER_NAME]: owner.name },
      annotations: { [OWNER]: describeOwner(owner) },
    },
    ...content,
  };
}

/** `Ingress default/shop in cluster east` */
export function describeLeaf({ kind, namespace, name, cluster }: LeafRef): string {
  return `${kind} ${namespace}/${name} in cluster ${cluster}`;
}

/** `default/shop` */
function describeOwner({ namespace, name }: Owner): string {
  return `${namespace}/${name}`;
}

/** Why an object is not this owner's, in words; undefined when it is. */
export function foreignness({ metadata }: KubernetesObject, owner: Owner): string | undefined {
  const found = metadata.annotations?.[OWNER];
  if (found === undefined) return `it has no annotation ${OWNER}, so Sluice did not make it`;
  if (found === describeOwner(owner)) return undefined;
  return `its annotation ${OWNER} says that it belongs to ${found}, not to ${describeOwner(owner)}`;
}

/** Whether an object may be removed: label and owner both say that it is this owner's. */
export function isRemovable(object: KubernetesObject, owner: Owner): boolean {
  return foreignness(object, owner) === undefined && object.metadata.labels?.[MANAGED_BY] === MANAGER;
}
