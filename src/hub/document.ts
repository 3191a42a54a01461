import type { AnyObject, ObjectRef } from '../lib/kubernetes/objects.ts';
import { FEDERATED_INGRESS } from '../lib/kubernetes/resources.ts';

/** The FederatedIngress document of an object of the hub: what Kubernetes and we keep in the object is left out. */
export function documentOf({ apiVersion, kind, metadata, ...object }: AnyObject): object {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec: object['spec'],
  };
}

export function refOf({ metadata }: AnyObject): ObjectRef<AnyObject> & { readonly namespace: string } {
  return { resource: FEDERATED_INGRESS, namespace: metadata.namespace ?? 'default', name: metadata.name };
}

/** `default/shop` */
export function keyOf({ metadata }: AnyObject): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}
