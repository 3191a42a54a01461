import { at, conditionAt, listAt, numberAt, textAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { MANAGED_BY, OWNER, ownerOf, PART } from './names.ts';
import type { CloudGateway, CloudListener, Existing, Made, MadeListener, MadeLoadBalancer } from './types.ts';

export type ReadGateway =
  | { readonly kind: 'valid'; readonly value: CloudGateway }
  | { readonly kind: 'invalid'; readonly message: string };

/** Where the ARN of a listener's certificate is written: `tls.options` of the Gateway's listener. */
export const CERTIFICATE_OPTION = 'sluice.dev/certificate-arn';

/** Reads a Gateway of the hub, or says why its listeners cannot be made in AWS. */
export function readGateway(object: AnyObject): ReadGateway {
  const { name, namespace = '' } = object.metadata;
  const listeners: CloudListener[] = [];
  for (const found of listAt(object, 'spec', 'listeners')) {
    const listener = readListener(found);
    if (typeof listener === 'string') return { kind: 'invalid', message: listener };
    const twin = listeners.find(({ port }) => port === listener.port);
    if (twin) {
      const message = `listeners ${twin.name} and ${listener.name} have one port, ${listener.port}; allowed: one listener a port`;
      return { kind: 'invalid', message };
    }
    listeners.push(listener);
  }
  return { kind: 'valid', value: { namespace, name, listeners } };
}

/** A sentence when it is none that AWS could have. */
function readListener(found: unknown): CloudListener | string {
  const name = textAt(found, 'name') ?? '';
  const port = numberAt(found, 'port') ?? 0;
  const protocol = textAt(found, 'protocol');
  const hostname = textAt(found, 'hostname');
  if (protocol !== 'HTTP' && protocol !== 'HTTPS')
    return `listener ${name} has protocol ${protocol ?? 'none'}; allowed: HTTP or HTTPS`;
  if (hostname === undefined || hostname.startsWith('*'))
    return `listener ${name} has ${hostname ?? 'no'} hostname; allowed: the hostname of one FederatedIngress, whose shares it forwards by`;
  const certificate = textAt(found, 'tls', 'options', CERTIFICATE_OPTION);
  if (protocol === 'HTTP') return { name, port, protocol, hostname };
  if (certificate === undefined)
    return `listener ${name} has no certificate; write its ARN as tls.options["${CERTIFICATE_OPTION}"]`;
  return { name, port, protocol, hostname, certificate };
}

/** Objects of the four kinds that are known, by kind; of member clusters with the cluster's name. */
export interface Seen {
  readonly loadBalancers: readonly AnyObject[];
  readonly targetGroups: readonly AnyObject[];
  readonly listeners: readonly AnyObject[];
  readonly bindings: readonly { readonly cluster: string; readonly object: AnyObject }[];
  readonly unknown: readonly string[];
}

/** Those that belong to one Gateway: label and owner annotation both say so. */
export function existingOf(gateway: Pick<CloudGateway, 'namespace' | 'name'>, seen: Seen): Existing {
  const ours = (object: AnyObject): boolean => isOwned(object, gateway);
  const [loadBalancer] = seen.loadBalancers.filter(ours);
  return {
    ...(loadBalancer && { loadBalancer: readLoadBalancer(loadBalancer) }),
    targetGroups: byPart(seen.targetGroups.filter(ours), readTargetGroup),
    listeners: byPart(seen.listeners.filter(ours), readCloudListener),
    bindings: new Map(
      seen.bindings.filter(({ object }) => ours(object)).map(({ cluster, object }) => [cluster, readMade(object)]),
    ),
    unknown: seen.unknown,
  };
}

/** Whether an object was made for this Gateway. */
export function isOwned({ metadata }: AnyObject, gateway: Pick<CloudGateway, 'namespace' | 'name'>): boolean {
  const [label, manager] = Object.entries(MANAGED_BY)[0] ?? ['', ''];
  return metadata.labels?.[label] === manager && metadata.annotations?.[OWNER] === ownerOf(gateway);
}

function byPart<T>(objects: readonly AnyObject[], read: (object: AnyObject) => T): ReadonlyMap<string, T> {
  return new Map(objects.map((object) => [object.metadata.annotations?.[PART] ?? '', read(object)]));
}

function readLoadBalancer(object: AnyObject): MadeLoadBalancer {
  const dnsName = textAt(object, 'status', 'atProvider', 'dnsName');
  return {
    ...readMade(object, textAt(object, 'status', 'atProvider', 'loadBalancerARN')),
    ...(dnsName !== undefined && { dnsName }),
  };
}

function readTargetGroup(object: AnyObject): Made {
  return readMade(object, textAt(object, 'status', 'atProvider', 'targetGroups', 0, 'targetGroupARN'));
}

function readCloudListener(object: AnyObject): MadeListener {
  const wanted = listAt(object, 'spec', 'forProvider', 'defaultActions').flatMap(forwards);
  // The status is what AWS does now; a target group has to stay until that has followed.
  const served = listAt(object, 'status', 'atProvider', 'defaultActions').flatMap(forwards);
  return {
    ...readMade(object, textAt(object, 'status', 'atProvider', 'listenerARN')),
    forwardsTo: [...new Set([...wanted, ...served])],
  };
}

function forwards(action: unknown): readonly string[] {
  return listAt(action, 'forwardConfig', 'targetGroups').flatMap((group) => textAt(group, 'targetGroupARN') ?? []);
}

/** Crossplane says by the condition Synced whether it could do what the object asks for. */
function readMade(object: AnyObject, arn?: string): Made {
  const { namespace, name, uid, deletionTimestamp } = object.metadata;
  const synced = conditionAt(object, 'Synced', 'status', 'conditions');
  return {
    ...(namespace !== undefined && { namespace }),
    name,
    uid,
    deleting: deletionTimestamp !== undefined,
    ...(arn !== undefined && arn !== '' && { arn }),
    ...(synced?.status === 'False' && { problem: synced.message }),
  };
}

/** The ConfigMap that a GatewayClass names; undefined when it names none, or something else. */
export function parametersName(
  gatewayClass: AnyObject,
): { readonly namespace: string; readonly name: string } | undefined {
  const reference = at(gatewayClass, 'spec', 'parametersRef');
  const namespace = textAt(reference, 'namespace');
  const name = textAt(reference, 'name');
  if (textAt(reference, 'kind') !== 'ConfigMap' || namespace === undefined || name === undefined) return undefined;
  return { namespace, name };
}
