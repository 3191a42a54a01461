import type { Manifest } from '../../lib/kubernetes/objects.ts';
import { PART_OF } from './definition.ts';
import { customResourceDefinitions } from './definitions.ts';
import { hubNamespaceRole, hubRole, memberRole, type Rule } from './roles.ts';

/** Where Sluice's own objects are: its ServiceAccount, its lease, the kubeconfigs of member clusters. */
export const SYSTEM_NAMESPACE = 'sluice-system';
const SERVICE_ACCOUNT = 'sluice';

export interface ManifestOptions {
  /** Bound instead of the ServiceAccount. */
  readonly user?: string;
}

/** Everything that has to be in the hub before Sluice runs, in the order to apply it. */
export function hubManifests(options: ManifestOptions = {}): readonly Manifest[] {
  const role = 'sluice-hub';
  return [
    namespace(),
    ...customResourceDefinitions().map((definition) => ({ ...definition })),
    serviceAccount(),
    clusterRole(role, hubRole()),
    clusterRoleBinding(role, options),
    namespacedRole(role, hubNamespaceRole()),
    roleBinding(role, options),
  ];
}

/** The rights that Sluice needs in a member cluster, and who has them. */
export function memberManifests(options: ManifestOptions = {}): readonly Manifest[] {
  const role = 'sluice-member';
  return [namespace(), serviceAccount(), clusterRole(role, memberRole()), clusterRoleBinding(role, options)];
}

const RBAC = 'rbac.authorization.k8s.io';
const RBAC_VERSION = `${RBAC}/v1`;

function namespace(): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE, labels: PART_OF } };
}

function serviceAccount(): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inSystem(SERVICE_ACCOUNT) };
}

function clusterRole(name: string, rules: readonly Rule[]): Manifest {
  return {
    apiVersion: RBAC_VERSION,
    kind: 'ClusterRole',
    metadata: { name, labels: PART_OF },
    rules: rules.map(policy),
  };
}

function namespacedRole(name: string, rules: readonly Rule[]): Manifest {
  return { apiVersion: RBAC_VERSION, kind: 'Role', metadata: inSystem(name), rules: rules.map(policy) };
}

function clusterRoleBinding(name: string, options: ManifestOptions): Manifest {
  return {
    apiVersion: RBAC_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: PART_OF },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
    subjects: [subject(options)],
  };
}

function roleBinding(name: string, options: ManifestOptions): Manifest {
  return {
    apiVersion: RBAC_VERSION,
    kind: 'RoleBinding',
    metadata: inSystem(name),
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: [subject(options)],
  };
}

function policy({ apiGroups, resources, verbs }: Rule): Omit<Rule, 'reason'> {
  return { apiGroups, resources, verbs };
}

function subject({ user }: ManifestOptions): object {
  if (user !== undefined) return { apiGroup: RBAC, kind: 'User', name: user };
  return { kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: SYSTEM_NAMESPACE };
}

function inSystem(name: string): Manifest['metadata'] {
  return { name, namespace: SYSTEM_NAMESPACE, labels: PART_OF };
}
