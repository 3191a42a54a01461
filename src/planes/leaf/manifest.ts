import { INGRESS, type Ingress, type IngressManifest, type ObjectRef } from '../../lib/kubernetes/objects.ts';
import type { Owner } from '../../plan/global-ingress.ts';
import type { LeafRef } from '../../plan/types.ts';
import type { Route } from '../../spec/types.ts';
import type { LeafIntent } from './leaf.ts';

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const MANAGER = 'sluice';
const OWNER = 'sluice.dev/owner';
const OWNER_NAMESPACE = 'sluice.dev/owner-namespace';
const OWNER_NAME = 'sluice.dev/owner-name';

/** The whole object that an intent asks for: every field that Sluice owns, and none besides. */
export function ingressManifest({ ref, owner, host, className, tls, backend }: LeafIntent): IngressManifest {
  const http = { paths: backend.routes.map(ingressPath) };
  return {
    apiVersion: INGRESS.apiVersion,
    kind: INGRESS.kind,
    metadata: {
      namespace: ref.namespace,
      name: ref.name,
      labels: { [MANAGED_BY]: MANAGER, [OWNER_NAMESPACE]: owner.namespace, [OWNER_NAME]: owner.name },
      annotations: { [OWNER]: describeOwner(owner) },
    },
    spec: {
      ...(className !== undefined && { ingressClassName: className }),
      // The second name reaches this one cluster, so that a leaf can be tried while its share is 0.
      rules: [
        { host, http },
        { host: `${ref.cluster}.${host}`, http },
      ],
      ...(tls !== undefined && { tls: [{ hosts: [host], secretName: tls.secretName }] }),
    },
  };
}

function ingressPath({ path, pathType, service }: Route) {
  return { path, pathType, backend: { service: { name: service.name, port: { number: service.port } } } };
}

export function objectRef({ namespace, name }: LeafRef): ObjectRef<Ingress> {
  return { resource: INGRESS, namespace, name };
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
export function foreignness({ metadata }: Ingress, owner: Owner): string | undefined {
  const found = metadata.annotations?.[OWNER];
  if (found === undefined) return `it has no annotation ${OWNER}, so Sluice did not make it`;
  if (found === describeOwner(owner)) return undefined;
  return `its annotation ${OWNER} says that it belongs to ${found}, not to ${describeOwner(owner)}`;
}

/** Whether an object may be removed: label and owner both say that it is this owner's. */
export function isRemovable(object: Ingress, owner: Owner): boolean {
  return foreignness(object, owner) === undefined && object.metadata.labels?.[MANAGED_BY] === MANAGER;
}
