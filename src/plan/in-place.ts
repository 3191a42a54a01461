import { type BackendEntry, checkBeside } from '../spec/beside.ts';
import { splitsInCluster } from '../spec/leaf-kinds.ts';
import { pathOf } from '../spec/placed.ts';
import type { Backend, FederatedIngress, Leaf, SpecIssue } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import type { Allocation } from './types.ts';

/**
 * What cannot follow on what is in force, in clusters that serve already. Checked when a spec is submitted, beside `admit`;
 * a spec with placements has to be placed. `kindInForce`: the kind of the leaves that serve now, where it is known.
 */
export function inPlaceConflicts(
  spec: FederatedIngress,
  inForce: Allocation,
  kindInForce: Leaf['kind'] = spec.leaf.kind,
): readonly SpecIssue[] {
  const isGradual = splitsInCluster(spec.leaf.kind) && kindInForce === spec.leaf.kind;
  return spec.backends.flatMap((backend) => {
    const others = inForce.backends.filter((other) => {
      return other.cluster === backend.cluster && backendId(other) !== backendId(backend);
    });
    if (isGradual) return besideConflicts(spec, backend, others);
    const other = others.find((each) => isInTheWay(each, backend, inForce));
    return other === undefined ? [] : [inTheWay(spec, { backend, other, kindInForce })];
  });
}

/**
 * A leaf that splits serves both for a while: so they have to fit into one object, and to be told apart by name.
 */
function besideConflicts(spec: FederatedIngress, backend: Backend, others: readonly Backend[]): readonly SpecIssue[] {
  const path = pathOf(spec, backend);
  const leaving = others.filter((other) => !spec.backends.some((each) => backendId(each) === backendId(other)));
  if (leaving.length === 0) return [];
  const before = leaving.map((each): BackendEntry => {
    return { backend: each, path: '', called: `"${each.name}" (serving now)` };
  });
  const namesake = leaving.find(({ name }) => name === backend.name);
  if (namesake !== undefined) {
    const message =
      `found "${backend.name}" for ${backendId(backend)} where "${namesake.name}" is ${backendId(namesake)} now; ` +
      `one ${spec.leaf.kind} serves both while traffic moves: give the new one a name of its own, such as "${backend.placement ?? backend.name}-2"`;
    return [{ path: `${path}.name`, message }];
  }
  // Each backend of the spec is checked as the last one, after those that come before it in the spec.
  const own = spec.backends
    .slice(0, spec.backends.indexOf(backend))
    .filter(({ cluster }) => cluster === backend.cluster);
  const entries = [
    ...before,
    ...own.map((each): BackendEntry => ({ backend: each, path: '', called: `"${each.name}"` })),
  ];
  return checkBeside(spec.leaf.kind, [...entries, { backend, path, called: `"${backend.name}"` }]).filter((issue) => {
    return issue.path.startsWith(path);
  });
}

/**
 * A cluster cannot go over from one backend to another while it has traffic when a leaf holds one of them: there is no share
 * in between and nothing to go back to. The same when the kind of leaf changes with it: two kinds share no traffic.
 */
function inTheWay(
  spec: FederatedIngress,
  { backend, other, kindInForce }: { backend: Backend; other: Backend; kindInForce: Leaf['kind'] },
): SpecIssue {
  const found = `found "${backend.name}" (${backendId(backend)}) where "${other.name}" (${backendId(other)}) serves now; `;
  const change = `leaf kind ${kindInForce} becomes ${spec.leaf.kind} at the same time, and two objects cannot share the traffic of a cluster. `;
  return {
    path: pathOf(spec, backend),
    message: found + adviceOn({ kind: spec.leaf.kind, kindInForce, change, other }),
  };
}

interface Advice {
  readonly kind: Leaf['kind'];
  readonly kindInForce: Leaf['kind'];
  readonly change: string;
  readonly other: Backend;
}

function adviceOn({ kind, kindInForce, change, other }: Advice): string {
  if (splitsInCluster(kind))
    return `${change}Apply the new leaf kind with the present backends first, then the new ones`;
  if (splitsInCluster(kindInForce)) {
    return `${change}Take "${other.name}" out with leaf kind ${kindInForce} first, then apply the new leaf kind`;
  }
  return (
    `leaf kind ${kind} cannot split inside a cluster, so there is no gradual way from one to the other. ` +
    'Change to leaf kind HTTPRoute, which can, with the present backends first; ' +
    `or serve the host from another cluster first and take "${other.name}" out of the list; ` +
    'or delete this FederatedIngress and apply the new one'
  );
}

/** With no traffic a leaf may change in place, but one in another namespace would claim the host beside it. */
function isInTheWay(other: Backend, backend: Backend, inForce: Allocation): boolean {
  return other.namespace !== backend.namespace || (inForce.shares[backendId(other)] ?? 0) > 0;
}
