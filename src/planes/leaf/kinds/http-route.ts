import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { GATEWAY, HTTP_ROUTE } from '../../../lib/kubernetes/resources.ts';
import { isPreviewLeaf } from '../../../plan/leaves.ts';
import type { LeafIntent, ReadinessTarget } from '../leaf.ts';
import { describeLeaf, ownedManifest } from '../manifest.ts';
import { gatewayAccepted, gatewayReach, gatewayServes, listenersOf } from './gateway.ts';
import { BACKEND_HEADER, excessOf, httpRouteRules } from './http-route-rules.ts';
import { routeAccepted, routeObserved } from './http-route-status.ts';
import {
  type ClusterSettings,
  type Finding,
  type Kind,
  NOWHERE,
  notReady,
  type Related,
  type Relation,
  refused,
  type Wanted,
} from './kind.ts';
import { clusterHost, probeByHost } from './serving.ts';

/** gateway.networking.k8s.io/v1, attached to a Gateway that is there or to one of its own. Splits between backends. */
export const HTTP_ROUTE_KIND: Kind = {
  resource: HTTP_ROUTE,
  services: () => [],
  manifest: httpRouteManifest,
  related: ({ ref, leaf, owner }): Relation => {
    const { namespace = ref.namespace, name } = parentOf({ leaf, owner });
    return { kind: 'object', ref: { resource: GATEWAY, namespace, name } };
  },
  accepted: httpRouteAccepted,
  observed: routeObserved,
  reach: (_object, _target, related) => {
    const gateway = gatewayOf(related);
    return gateway === undefined ? NOWHERE : gatewayReach(gateway);
  },
  probe(target) {
    const probe = probeByHost(target);
    return target.shared ? { ...probe, headers: { [BACKEND_HEADER]: target.of.name } } : probe;
  },
};

interface ParentRef {
  readonly group: string;
  readonly kind: 'Gateway';
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
}

/** An own Gateway has the name of its owner, as the route for the host has. */
function parentOf({ leaf, owner }: Pick<LeafIntent, 'leaf' | 'owner'>): ParentRef {
  if (leaf.kind !== 'HTTPRoute') throw new Error(`leaf kind ${leaf.kind} has no Gateway`);
  const group = 'gateway.networking.k8s.io';
  if (leaf.gateway.kind === 'own') return { group, kind: 'Gateway', name: owner.name };
  const { name, namespace, sectionName } = leaf.gateway;
  return {
    group,
    kind: 'Gateway',
    ...(namespace !== undefined && { namespace }),
    name,
    ...(sectionName !== undefined && { sectionName }),
  };
}

function httpRouteManifest(intent: LeafIntent, _cluster: ClusterSettings): Wanted {
  const { ref, backends } = intent;
  const rules = httpRouteRules(backends);
  const excess = excessOf(rules);
  if (excess !== undefined) {
    const message = `${describeLeaf(ref)} would have ${excess} in an HTTPRoute: give its backends fewer routes, or split them over several FederatedIngresses`;
    return refused('TooManyRules', message, false);
  }
  const spec = { parentRefs: [parentOf(intent)], hostnames: hostnamesOf(intent), rules };
  return { kind: 'manifest', manifest: ownedManifest(intent, HTTP_ROUTE, { spec }) };
}

/** The preview host has a route of its own, since it splits in another way. */
function hostnamesOf({ ref, owner, host, leaf, preview }: LeafIntent): readonly string[] {
  if (preview !== undefined && isPreviewLeaf({ name: owner.name, leaf, preview }, ref)) return [preview.host];
  return [host, clusterHost(ref.cluster, host)];
}

/** The Gateway's own troubles first: a route that no Gateway takes in has nothing to say. */
function httpRouteAccepted(route: AnyObject, target: ReadinessTarget, related: Related): Finding | undefined {
  const { ref } = target;
  const gateway = gatewayOf(related);
  if (gateway === undefined) {
    if (related.kind !== 'object' || related.sighting.kind === 'notAsked') return { kind: 'undecided' };
    const { name, namespace = ref.namespace } = parentOf(target);
    const message = `Gateway ${namespace}/${name} in cluster ${ref.cluster}, to which ${ref.kind} ${ref.namespace}/${ref.name} is attached, does not exist`;
    return notReady('GatewayNotFound', message, 'momentary');
  }
  const services = target.shared ? target.of.routes.map(({ service }) => service.name) : undefined;
  return (
    gatewayAccepted(gateway, ref.cluster) ??
    routeAccepted(route, ref, { parent: parentOf(target), ...(services && { services }) }) ??
    gatewayServes(gateway, ref.cluster, listenersOf(target))
  );
}

function gatewayOf(related: Related): AnyObject | undefined {
  return related.kind === 'object' && related.sighting.kind === 'object' ? related.sighting.object : undefined;
}
