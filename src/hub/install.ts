import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, openCluster } from '../lib/kubernetes/cluster.ts';
import { conditionAt } from '../lib/kubernetes/fields.ts';
import type { AnyObject, Manifest, ObjectRef, Resource } from '../lib/kubernetes/objects.ts';
import { applyObject, getObject } from '../lib/kubernetes/requests.ts';
import { CUSTOM_RESOURCE_DEFINITION, NAMESPACE, resource } from '../lib/kubernetes/resources.ts';
import { hubManifests, type ManifestOptions, memberManifests } from './resources/manifests.ts';

/** A cluster by a person's own kubeconfig, whose user may make definitions and roles. */
export interface InstallTarget {
  readonly kubeconfig: string;
  /** The file's current one when absent. */
  readonly context?: string;
}

export interface InstallOptions extends ManifestOptions {
  readonly hub?: InstallTarget;
  readonly members?: readonly InstallTarget[];
  /** Called with one line for each object that is in place. */
  readonly onProgress?: (line: string) => void;
  readonly signal: AbortSignal;
}

const FIELD_MANAGER = 'sluice-install';
const ESTABLISHED_MS = 60_000;
const LOOK_AGAIN_MS = 100;

const RBAC = 'rbac.authorization.k8s.io/v1';
const RESOURCES: readonly Resource<AnyObject>[] = [
  NAMESPACE,
  CUSTOM_RESOURCE_DEFINITION,
  resource('v1', 'ServiceAccount', 'serviceaccounts'),
  resource(RBAC, 'ClusterRole', 'clusterroles', 'Cluster'),
  resource(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', 'Cluster'),
  resource(RBAC, 'Role', 'roles'),
  resource(RBAC, 'RoleBinding', 'rolebindings'),
];

/**
 * Brings Sluice's kinds and rights into a hub, and its rights into member clusters; doing it again changes nothing.
 * Throws KubeconfigError or KubernetesError for what stands in the way.
 */
export async function install(options: InstallOptions): Promise<void> {
  const { hub, members = [], user, onProgress = () => undefined, signal } = options;
  const bound = user === undefined ? {} : { user };
  const clusters = [
    ...(hub === undefined ? [] : [{ cluster: open('hub', hub), manifests: hubManifests(bound) }]),
    ...members.map((member) => ({ cluster: open('member', member), manifests: memberManifests(bound) })),
  ];
  for (const { cluster, manifests } of clusters) {
    for (const manifest of manifests) {
      await put(cluster, manifest, signal);
      onProgress(`${cluster.name}: ${manifest.kind} ${manifest.metadata.name ?? ''}`);
    }
    for (const manifest of manifests) {
      if (manifest.kind === CUSTOM_RESOURCE_DEFINITION.kind) await established(cluster, manifest, signal);
    }
  }
}

function open(role: string, { kubeconfig, context }: InstallTarget): Cluster {
  const source = { kind: 'file', path: kubeconfig, ...(context === undefined ? {} : { context }) } as const;
  return openCluster({
    name: context === undefined ? role : `${role} ${context}`,
    kubeconfig: source,
    labels: {},
    gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
    classes: { ingress: {}, gateway: {} },
  });
}

/** Forced: whoever runs this wants these objects as they are here, also after an earlier `kubectl apply` of them. */
async function put(cluster: Cluster, manifest: Manifest, signal: AbortSignal): Promise<void> {
  await applyObject(cluster, refOf(manifest), { manifest, fieldManager: FIELD_MANAGER, force: true, signal });
}

/** Until then the API server does not serve the kind. */
async function established(cluster: Cluster, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const end = performance.now() + ESTABLISHED_MS;
  while (performance.now() < end) {
    const found = await getObject(cluster, refOf(manifest), { signal });
    if (conditionAt(found, 'Established', 'status', 'conditions')?.status === 'True') return;
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
  const name = manifest.metadata.name ?? '';
  throw new InstallError(
    `cluster ${cluster.name}: CustomResourceDefinition ${name} was not established within ${ESTABLISHED_MS / 1000} s; ` +
      `kubectl describe crd ${name} says why`,
  );
}

/** The cluster took everything, and yet it cannot be used. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

function refOf({ apiVersion, kind, metadata }: Manifest): ObjectRef<AnyObject> {
  const found = RESOURCES.find((one) => one.apiVersion === apiVersion && one.kind === kind);
  if (found === undefined || metadata.name === undefined)
    throw new Error(`install does not know ${apiVersion} ${kind}`);
  const namespace = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
  return { resource: found, ...namespace, name: metadata.name };
}
