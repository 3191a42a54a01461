import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import type { AnyObject, ObjectRef } from '../../lib/kubernetes/objects.ts';
import { applyObject, deleteObject, getObject } from '../../lib/kubernetes/requests.ts';
import { resource } from '../../lib/kubernetes/resources.ts';
import type { CloudAction } from './decide.ts';
import { BINDINGS, type CloudManifest, ELBV2 } from './manifests.ts';
import { isOwned } from './read.ts';
import type { CloudGateway } from './types.ts';

export const FIELD_MANAGER = 'sluice-cloud';

export const CLOUD_RESOURCES = {
  LoadBalancer: resource(ELBV2, 'LoadBalancer', 'loadbalancers', 'Cluster'),
  TargetGroup: resource(ELBV2, 'TargetGroup', 'targetgroups', 'Cluster'),
  Listener: resource(ELBV2, 'Listener', 'listeners', 'Cluster'),
  TargetGroupBinding: resource(BINDINGS, 'TargetGroupBinding', 'targetgroupbindings'),
} as const satisfies Readonly<Record<CloudManifest['kind'], unknown>>;

/** Something that stands in the way of an object and has to be changed by a person. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

type GatewayName = Pick<CloudGateway, 'namespace' | 'name'>;

/**
 * Writes one object by server-side apply. Fields of an object that is ours are taken back from whoever changed them; one
 * that is not ours is left alone. Throws NotOurs, KubernetesError.
 */
export async function writeObject(
  cluster: Cluster,
  manifest: CloudManifest,
  options: {
    readonly gateway: GatewayName;
    /** A watch has shown it, so it is ours. */
    readonly known: boolean;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { gateway, known, signal } = options;
  const { kind, metadata } = manifest;
  const ref = refOf(kind, metadata);
  if (!known) {
    const found = await getObject(cluster, ref, { signal });
    if (found && !isOwned(found, gateway))
      throw new NotOurs(
        `${kind} ${metadata.name} in cluster ${cluster.name} exists already and Sluice did not make it; remove it`,
      );
  }
  await applyObject(cluster, ref, { manifest, fieldManager: FIELD_MANAGER, force: known, signal });
}

export async function removeObject(
  cluster: Cluster,
  { of, made }: Extract<CloudAction, { kind: 'remove' }>,
  signal: AbortSignal,
): Promise<void> {
  await deleteObject(cluster, refOf(of, made), { uid: made.uid, signal });
}

function refOf(
  kind: CloudManifest['kind'],
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
): ObjectRef<AnyObject> {
  return { resource: CLOUD_RESOURCES[kind], name, ...(namespace !== undefined && { namespace }) };
}
