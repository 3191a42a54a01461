import { isDeepStrictEqual } from 'node:util';
import { conditionAt, listAt, numberAt, textAt, transitionTime } from '../../lib/kubernetes/fields.ts';
import type { AnyObject, JsonObject, Manifest } from '../../lib/kubernetes/objects.ts';

/** Who says what about an HTTPRoute, in its status. */
export const CONTROLLER_NAME = 'sluice.dev/hub';

/** Addresses of the backends that have traffic now, of all FederatedIngresses of a root. */
export function addressesOf(federated: readonly AnyObject[]): readonly string[] {
  const backends = federated.flatMap((one) => listAt(one, 'status', 'backends'));
  const serving = backends.filter((backend) => (numberAt(backend, 'shareInForce') ?? 0) > 0);
  const addresses = serving.flatMap((backend) => listAt(backend, 'addresses')).filter((one) => typeof one === 'string');
  return [...new Set(addresses)].toSorted();
}

/** The status of an Ingress: where it is reached. */
export function ingressStatus({ apiVersion, kind, metadata }: AnyObject, addresses: readonly string[]): Manifest {
  const { name, namespace = 'default' } = metadata;
  const ingress = addresses.map((address) => ({ ip: address }));
  return { apiVersion, kind, metadata: { name, namespace }, status: { loadBalancer: { ingress } } };
}

export interface RouteVerdict {
  readonly parents: readonly unknown[];
  /** Why it cannot be federated; undefined when it is. */
  readonly refused?: string;
  readonly federated: readonly AnyObject[];
  readonly now: Date;
}

/** `status.parents` of an HTTPRoute with our entries in place of those that we wrote before. The list is one value to server-side apply. */
export function routeParents(route: AnyObject, verdict: RouteVerdict): readonly unknown[] {
  const known = listAt(route, 'status', 'parents');
  const others = known.filter((entry) => textAt(entry, 'controllerName') !== CONTROLLER_NAME);
  const own = verdict.parents.map((parentRef) => {
    const before = known.find(
      (entry) => textAt(entry, 'controllerName') === CONTROLLER_NAME && sameParent(entry, parentRef),
    );
    return { parentRef, controllerName: CONTROLLER_NAME, conditions: conditionsOf(route, verdict, before) };
  });
  return [...others, ...own];
}

function sameParent(entry: unknown, parentRef: unknown): boolean {
  return (['name', 'namespace', 'sectionName'] as const).every((field) => {
    return textAt(entry, 'parentRef', field) === textAt(parentRef, field);
  });
}

function conditionsOf(route: AnyObject, verdict: RouteVerdict, before: unknown): readonly JsonObject[] {
  const { refused, federated, now } = verdict;
  const names = federated.map(({ metadata }) => metadata.name).join(', ');
  const condition = (type: string, status: string, [reason, message]: readonly [string, string]): JsonObject => {
    const lastTransitionTime = transitionTime(listAt(before, 'conditions'), { type, status }, now);
    return { type, status, reason, message, lastTransitionTime, observedGeneration: route.metadata.generation ?? 0 };
  };
  if (refused !== undefined) return [condition('Accepted', 'False', ['UnsupportedValue', refused])];
  const ready =
    federated.length > 0 &&
    federated.every((one) => conditionAt(one, 'Ready', 'status', 'conditions')?.status === 'True');
  const addresses = addressesOf(federated).join(', ');
  const served = addresses === '' ? 'not served yet' : `served at ${addresses}`;
  return [
    condition('Accepted', 'True', ['Accepted', `FederatedIngress ${names}`]),
    condition('ResolvedRefs', 'True', ['ResolvedRefs', 'looked up in each cluster']),
    condition('sluice.dev/Ready', ready ? 'True' : 'False', [ready ? 'Ready' : 'NotReady', served]),
  ];
}

/** Whether the status says all this already. */
export function hasAddresses(ingress: AnyObject, addresses: readonly string[]): boolean {
  const known = listAt(ingress, 'status', 'loadBalancer', 'ingress').map(
    (one) => textAt(one, 'ip') ?? textAt(one, 'hostname'),
  );
  return isDeepStrictEqual(known, addresses);
}

export function hasParents(route: AnyObject, parents: readonly unknown[]): boolean {
  return isDeepStrictEqual(listAt(route, 'status', 'parents'), parents);
}
