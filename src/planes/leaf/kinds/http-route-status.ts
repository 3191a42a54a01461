import { at, conditionAt, listAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import type { LeafRef } from '../../../plan/types.ts';
import { describeLeaf } from '../manifest.ts';
import { told } from './gateway.ts';
import { type Finding, notReady } from './kind.ts';

/** A parent as a spec or a status names it. */
interface Parent {
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
}

/** Whether all parents have taken up the route's generation. */
export function routeObserved(route: AnyObject, ref: LeafRef): Finding | undefined {
  const parents = listAt(route, 'spec', 'parentRefs').map(parentIn);
  return parents.map((parent) => firstProblem(route, ref, { parent, checks: [isTakenUp] })).find(isFinding);
}

interface Attachment {
  readonly parent: Parent;
  /** Services of the backend in question, when the route has others besides: what is wrong with those is not its fault. */
  readonly services?: readonly string[];
}

/** Whether a parent serves the route as it is now. */
export function routeAccepted(route: AnyObject, ref: LeafRef, { parent, services }: Attachment): Finding | undefined {
  const resolves: Check = (entry) => hasResolvedRefs(entry, services);
  return firstProblem(route, ref, { parent, checks: [isTakenUp, isAccepted, isWhole, resolves] });
}

/** One `status.parents` entry with what its sentences have to name. */
interface Entry {
  readonly conditions: unknown;
  readonly route: string;
  readonly gateway: string;
  readonly wanted: number;
}

type Check = (entry: Entry) => Finding | undefined;

/**
 * A controller that served the parent before another may have left an entry behind (`status.parents` is by parent and
 * controller), so one good entry is enough.
 */
function firstProblem(
  object: AnyObject,
  ref: LeafRef,
  { parent, checks }: { readonly parent: Parent; readonly checks: readonly Check[] },
): Finding | undefined {
  const route = describeLeaf(ref);
  const gateway = `Gateway ${parent.namespace ?? ref.namespace}/${parent.name}`;
  const wanted = object.metadata.generation ?? 0;
  const entries = listAt(object, 'status', 'parents').filter((entry) =>
    isSame(parentIn(at(entry, 'parentRef')), parent, ref.namespace),
  );
  if (entries.length === 0) {
    const message = `${route} waits for the controller of ${gateway}: its status has no entry for that parent yet`;
    return notReady('RouteNotObserved', message, 'momentary');
  }
  const verdicts = entries.map((conditions) => {
    const entry = { conditions, route, gateway, wanted };
    return checks.map((check) => check(entry)).find(isFinding);
  });
  return verdicts.every(isFinding) ? verdicts[0] : undefined;
}

/** All that is checked below has to be about this generation. */
function isTakenUp({ conditions, route, gateway, wanted }: Entry): Finding | undefined {
  const seen = conditionAt(conditions, 'Accepted', 'conditions')?.observedGeneration ?? 0;
  if (seen >= wanted) return undefined;
  const message = `${route} waits for the controller of ${gateway}: generation ${wanted} is wanted, ${seen === 0 ? 'none' : seen} is in its status`;
  return notReady('RouteNotObserved', message, seen === 0 ? 'momentary' : 'behind');
}

function isAccepted({ conditions, route, gateway }: Entry): Finding | undefined {
  const accepted = conditionAt(conditions, 'Accepted', 'conditions');
  if (accepted?.status === 'True') return undefined;
  return notReady('RouteNotAccepted', `${route} is not accepted by ${gateway}: ${told(accepted)}`);
}

/** The condition is there only when a controller has left some rules out. */
function isWhole({ conditions, route, gateway }: Entry): Finding | undefined {
  const partial = conditionAt(conditions, 'PartiallyInvalid', 'conditions');
  if (partial?.status !== 'True') return undefined;
  return notReady('RoutePartiallyInvalid', `${route} is served only in part by ${gateway}: ${told(partial)}`);
}

/**
 * The condition is for the whole route. Which reference is meant, only the message says; where it does not name the
 * backend's own Service, the probe of that very backend decides.
 */
function hasResolvedRefs(
  { conditions, route, gateway }: Entry,
  services: readonly string[] | undefined,
): Finding | undefined {
  const resolved = conditionAt(conditions, 'ResolvedRefs', 'conditions');
  if (resolved?.status === 'True') return undefined;
  const words = resolved?.message.split(/[^a-z0-9-]+/) ?? [];
  if (services !== undefined && !services.some((service) => words.includes(service))) return undefined;
  return notReady('RefsNotResolved', `${route} refers to something that ${gateway} cannot use: ${told(resolved)}`);
}

function parentIn(value: unknown): Parent {
  const [namespace, sectionName] = [textAt(value, 'namespace'), textAt(value, 'sectionName')];
  return {
    name: textAt(value, 'name') ?? '',
    ...(namespace !== undefined && { namespace }),
    ...(sectionName !== undefined && { sectionName }),
  };
}

function isSame(left: Parent, right: Parent, here: string): boolean {
  const names = ({ namespace = here, name, sectionName = '' }: Parent) => `${namespace}/${name}/${sectionName}`;
  return names(left) === names(right);
}

function isFinding(finding: Finding | undefined): finding is Finding {
  return finding !== undefined;
}
