import { conditionAt, listAt, numberAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { GATEWAY } from '../../../lib/kubernetes/resources.ts';
import { isNowhere, reachOf, textsAt } from '../addresses.ts';
import type { LeafIntent } from '../leaf.ts';
import { ownedManifest } from '../manifest.ts';
import { type ClusterSettings, type Finding, type Kind, notReady, type Reach, UNRELATED, type Wanted } from './kind.ts';
import { probeByHost } from './serving.ts';

/** Names of the listeners of a Gateway that Sluice makes. */
const HTTP = 'http';
const HTTPS = 'https';

/** gateway.networking.k8s.io/v1. Made only when the spec names a class instead of a Gateway that is there. */
export const GATEWAY_KIND: Kind = {
  resource: GATEWAY,
  services: () => [],
  manifest: gatewayManifest,
  related: () => UNRELATED,
  accepted: (object, { ref }) => gatewayAccepted(object, ref.cluster) ?? gatewayServes(object, ref.cluster, []),
  observed: (object, { cluster }) => isTakenUp(object, cluster),
  reach: gatewayReach,
  probe: probeByHost,
};

/** The listeners that a route is attached to; `[]` when it is not said which. */
export function listenersOf({ leaf, tls }: Pick<LeafIntent, 'leaf' | 'tls'>): readonly string[] {
  if (leaf.kind !== 'HTTPRoute') return [];
  if (leaf.gateway.kind === 'own') return tls === undefined ? [HTTP] : [HTTP, HTTPS];
  return leaf.gateway.sectionName === undefined ? [] : [leaf.gateway.sectionName];
}

/** Whether its controller has taken the Gateway on, as it is now. */
export function gatewayAccepted(gateway: AnyObject, cluster: string): Finding | undefined {
  const waits = isTakenUp(gateway, cluster);
  if (waits) return waits;
  const accepted = conditionAt(gateway, 'Accepted', 'status', 'conditions');
  if (accepted?.status === 'True') return undefined;
  return notReady('GatewayNotAccepted', `${describe(gateway, cluster)} is not accepted: ${told(accepted)}`);
}

/** Whether an accepted Gateway takes in traffic, on these listeners. What is wrong with one of them tells the cause. */
export function gatewayServes(gateway: AnyObject, cluster: string, listeners: readonly string[]): Finding | undefined {
  return (
    listenersAre(gateway, { cluster, listeners, check: listenerRefusal }) ??
    isProgrammed(gateway, cluster) ??
    listenersAre(gateway, { cluster, listeners, check: listenerDelay }) ??
    hasRoutes(gateway, { cluster, listeners }) ??
    hasAddress(gateway, cluster)
  );
}

export function gatewayReach(gateway: AnyObject): Reach {
  const addresses = listAt(gateway, 'status', 'addresses').filter((address) => {
    return ['IPAddress', 'Hostname', undefined].includes(textAt(address, 'type'));
  });
  return reachOf(textsAt(addresses, 'value'));
}

/** What a controller says in a condition, as the end of a sentence. */
export function told(condition: ReturnType<typeof conditionAt>): string {
  if (condition === undefined) return 'its controller has not said so';
  const { reason, message, status } = condition;
  return `its controller says ${reason || status}${message ? ` (${message.trim()})` : ''}`;
}

function gatewayManifest(intent: LeafIntent, { gateway, classes }: ClusterSettings): Wanted {
  const { leaf, tls } = intent;
  if (leaf.kind !== 'HTTPRoute' || leaf.gateway.kind !== 'own') throw new Error('only HTTPRoutes have an own Gateway');
  const { className } = leaf.gateway;
  const allowedRoutes = { namespaces: { from: 'Same' } };
  const spec = {
    gatewayClassName: classes.gateway[className] ?? className,
    // The ports at which this cluster's gateways are reached from outside: 80 and 443, unless its registration says otherwise.
    listeners: [
      { name: HTTP, port: gateway.httpPort, protocol: 'HTTP', allowedRoutes },
      ...(tls === undefined ? [] : [{ name: HTTPS, port: gateway.httpsPort, ...terminated(tls), allowedRoutes }]),
    ],
  };
  return { kind: 'manifest', manifest: ownedManifest(intent, GATEWAY, { spec }) };
}

function terminated({ secretName }: { readonly secretName: string }) {
  return {
    protocol: 'HTTPS',
    tls: { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: secretName }] },
  };
}

/** Without the generation that it is about, a condition tells nothing: a Gateway is created with "Waiting for controller". */
function isTakenUp(gateway: AnyObject, cluster: string): Finding | undefined {
  const wanted = gateway.metadata.generation ?? 0;
  const seen = conditionAt(gateway, 'Accepted', 'status', 'conditions')?.observedGeneration ?? 0;
  if (seen >= wanted) return undefined;
  const className = textAt(gateway, 'spec', 'gatewayClassName') ?? '';
  const message = `${describe(gateway, cluster)} waits for the controller of class "${className}": generation ${wanted} is wanted, ${seen === 0 ? 'none' : seen} is in its status`;
  return notReady('GatewayNotObserved', message, seen === 0 ? 'momentary' : 'behind');
}

function isProgrammed(gateway: AnyObject, cluster: string): Finding | undefined {
  const programmed = conditionAt(gateway, 'Programmed', 'status', 'conditions');
  if (programmed?.status === 'True') return undefined;
  const message = `${describe(gateway, cluster)} is not programmed: ${told(programmed)}`;
  return notReady('GatewayNotProgrammed', message, 'momentary');
}

interface Listeners {
  readonly cluster: string;
  readonly listeners: readonly string[];
}

/** What `check` has against a listener's status is the end of a sentence that begins with the Gateway. */
function listenersAre(
  gateway: AnyObject,
  {
    cluster,
    listeners,
    check,
  }: Listeners & { readonly check: (listener: unknown, name: string) => string | undefined },
): Finding | undefined {
  for (const name of listeners) {
    const listener = statusesOf(gateway).find((one) => textAt(one, 'name') === name);
    const problem = listener === undefined ? missingListener(gateway, name) : check(listener, name);
    if (problem !== undefined) {
      return notReady('ListenerNotReady', `${describe(gateway, cluster)} ${problem}`, 'momentary');
    }
  }
  return undefined;
}

function missingListener(gateway: AnyObject, name: string): string {
  const names = textsAt(listAt(gateway, 'spec', 'listeners'), 'name');
  return names.includes(name)
    ? `has no status for its listener "${name}" yet`
    : `has no listener "${name}": its listeners are ${names.join(', ')}`;
}

/** Such as a certificate that is not there. */
function listenerRefusal(listener: unknown, name: string): string | undefined {
  return refusedBy(listener, name, ['Accepted', 'ResolvedRefs']);
}

function listenerDelay(listener: unknown, name: string): string | undefined {
  const problem = refusedBy(listener, name, ['Programmed']);
  return problem ?? (attachedRoutes(listener) > 0 ? undefined : `has no attached routes on its listener "${name}"`);
}

function refusedBy(listener: unknown, name: string, types: readonly string[]): string | undefined {
  const conditions = types.map((type) => conditionAt(listener, type, 'conditions'));
  const bad = conditions.find((condition) => condition?.status === 'False');
  return bad && `has a listener "${name}" with ${bad.type} False: ${told(bad)}`;
}

/** Where it is not said which listener is meant, one with routes is enough. */
function hasRoutes(gateway: AnyObject, { cluster, listeners }: Listeners): Finding | undefined {
  if (listeners.length > 0 || statusesOf(gateway).some((listener) => attachedRoutes(listener) > 0)) return undefined;
  return notReady(
    'NoAttachedRoutes',
    `${describe(gateway, cluster)} has no attached routes on any listener`,
    'momentary',
  );
}

function statusesOf(gateway: AnyObject): readonly unknown[] {
  return listAt(gateway, 'status', 'listeners');
}

function attachedRoutes(listener: unknown): number {
  return numberAt(listener, 'attachedRoutes') ?? 0;
}

function hasAddress(gateway: AnyObject, cluster: string): Finding | undefined {
  if (!isNowhere(gatewayReach(gateway))) return undefined;
  const message = `${describe(gateway, cluster)} has no address: its controller has written none to its status`;
  return notReady('NoAddress', message, 'momentary');
}

function describe({ metadata }: AnyObject, cluster: string): string {
  return `Gateway ${metadata.namespace ?? ''}/${metadata.name} in cluster ${cluster}`;
}
