import type { AccessAttributes } from '../../lib/kubernetes/requests.ts';
import type { Rule } from '../resources/roles.ts';

/** What the rules ask for, one act each. */
export function neededRights(
  rules: readonly Pick<Rule, 'apiGroups' | 'resources' | 'verbs'>[],
): readonly AccessAttributes[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((path) => verbs.map((verb) => ({ verb, group, ...resourceOf(path) }))),
    ),
  );
}

export const EVERYTHING: AccessAttributes = { verb: '*', group: '*', resource: '*' };

const RBAC = 'rbac.authorization.k8s.io';

/** Acts that would let whoever has the credentials do much more than Sluice does. Asked one by one, since no question covers them. */
export const DANGEROUS_RIGHTS: readonly AccessAttributes[] = [
  { verb: 'delete', group: '', resource: 'namespaces' },
  { verb: 'create', group: '', resource: 'pods' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec' },
  { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token' },
  { verb: 'patch', group: '', resource: 'nodes' },
  { verb: 'impersonate', group: '', resource: 'users' },
  { verb: 'escalate', group: RBAC, resource: 'clusterroles' },
  { verb: 'bind', group: RBAC, resource: 'clusterroles' },
];

/** For people, one line a resource: `ingresses.networking.k8s.io: create, patch`. */
export function describeRights(rights: readonly AccessAttributes[]): readonly string[] {
  const verbs = new Map<string, string[]>();
  for (const right of rights) {
    const title = titleOf(right);
    verbs.set(title, [...(verbs.get(title) ?? []), right.verb]);
  }
  return [...verbs].map(([title, all]) => `${title}: ${all.join(', ')}`);
}

/** RBAC writes `routes/custom-host`, a review takes the two apart. */
function resourceOf(path: string): Pick<AccessAttributes, 'resource' | 'subresource'> {
  const [resource = '', subresource] = path.split('/');
  return subresource === undefined ? { resource } : { resource, subresource };
}

function titleOf({ group, resource, subresource }: AccessAttributes): string {
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  return group === '' ? path : `${path}.${group}`;
}
