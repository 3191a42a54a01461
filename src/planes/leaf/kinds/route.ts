import { conditionAt, listAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { ROUTE } from '../../../lib/kubernetes/resources.ts';
import { clusterRouteName, isPreviewLeaf } from '../../../plan/leaves.ts';
import { isNowhere, reachOf, textsAt } from '../addresses.ts';
import type { LeafIntent, ReadinessTarget } from '../leaf.ts';
import { describeLeaf, ownedManifest } from '../manifest.ts';
import {
  type ClusterSettings,
  type Finding,
  type Found,
  type Kind,
  notReady,
  type Reach,
  UNRELATED,
  type Wanted,
} from './kind.ts';
import { obstacle, targetPort } from './route-services.ts';
import { routeWeights } from './route-weights.ts';
import { clusterHost, probeByHost, weighted } from './serving.ts';

/**
 * route.openshift.io/v1: one for the hostname, one for the preview host, one for the cluster's own name under it, and with
 * several backends one each. Splits between `to` and `alternateBackends`.
 */
export const ROUTE_KIND: Kind = {
  resource: ROUTE,
  services: ({ backends }) => backends.flatMap(({ backend }) => backend.routes.map(({ service }) => service.name)),
  manifest: routeManifest,
  related: () => UNRELATED,
  accepted: routeAdmitted,
  observed: () => undefined,
  reach: routeReach,
  probe(target) {
    if (!target.shared) return probeByHost(target);
    // Whatever the probe asks for otherwise: no other name leads to this very backend.
    return { hostHeader: backendHost(target.ref.cluster, target.host, target.of), headers: {} };
  },
};

/** Which of the Routes of a FederatedIngress a reference is to: they differ by host. */
function hostOf({ ref, owner, host, leaf, preview, backends }: LeafIntent): string {
  if (ref.name === owner.name) return host;
  if (ref.name === clusterRouteName(owner.name)) return clusterHost(ref.cluster, host);
  if (preview !== undefined && isPreviewLeaf({ name: owner.name, leaf, preview }, ref)) return preview.host;
  const [only] = backends;
  if (!only) throw new Error(`${describeLeaf(ref)} was to be made for no backend`);
  return backendHost(ref.cluster, host, only.backend);
}

/** Reaches one backend of several in a cluster. */
function backendHost(cluster: string, host: string, { name }: { readonly name: string }): string {
  return `${name}.${clusterHost(cluster, host)}`;
}

function routeManifest(intent: LeafIntent, _cluster: ClusterSettings, { services = new Map() }: Found): Wanted {
  const problem = obstacle(intent, services);
  if (problem) return problem;
  const sides = weighted(intent.backends);
  const weights = routeWeights(sides);
  const targets = sides.map(({ backend }, index) => {
    return { kind: 'Service', name: backend.routes[0]?.service.name, weight: weights[index] };
  });
  const [to, ...alternateBackends] = targets;
  const path = intent.backends[0]?.backend.routes[0]?.path ?? '/';
  const port = targetPort(intent.backends, services);
  const host = hostOf(intent);
  const spec = {
    host,
    ...(path !== '/' && { path }),
    to,
    ...(alternateBackends.length > 0 && { alternateBackends }),
    ...(port?.targetPort !== undefined && { port: { targetPort: port.targetPort } }),
    ...(intent.tls && { tls: termination(intent.tls, isCertified(intent, host)) }),
    wildcardPolicy: 'None',
  };
  return { kind: 'manifest', manifest: ownedManifest(intent, ROUTE, { spec }) };
}

function isCertified({ host, preview }: LeafIntent, name: string): boolean {
  return name === host || name === preview?.host;
}

/** The names besides the host and the preview are for trying only, and come with the router's own certificate. */
function termination({ secretName }: { readonly secretName: string }, hasCertificate: boolean) {
  return {
    termination: 'edge',
    insecureEdgeTerminationPolicy: 'Allow',
    ...(hasCertificate && { externalCertificate: { name: secretName } }),
  };
}

/** One router is enough. Conditions of a Route do not tell the generation that they are about, but the host. */
function routeAdmitted(route: AnyObject, { ref, host }: ReadinessTarget): Finding | undefined {
  const places = placesOf(route, host);
  if (places.some(isAdmitted)) return isNowhere(routeReach(route, { host })) ? noHostname(ref) : undefined;
  const [refusal] = places.flatMap((place) => {
    const condition = admission(place);
    return condition?.status === 'False' ? [{ ...condition, router: textAt(place, 'routerName') ?? '' }] : [];
  });
  if (!refusal) {
    const message = `${describeLeaf(ref)} waits for a router: none has said in its status that it admits ${host}`;
    return notReady('RouteNotObserved', message, 'momentary');
  }
  const { router, reason, message } = refusal;
  const why = `${reason || 'no reason'}${message && ` (${message.trim()})`}`;
  return notReady('RouteNotAdmitted', `${describeLeaf(ref)} is not admitted by router "${router}" for ${host}: ${why}`);
}

function noHostname(ref: ReadinessTarget['ref']): Finding {
  const message = `${describeLeaf(ref)} has no address: the router that admits it gives no routerCanonicalHostname`;
  return notReady('NoAddress', message, 'momentary');
}

function routeReach(route: AnyObject, { host }: Pick<ReadinessTarget, 'host'>): Reach {
  return reachOf(textsAt(placesOf(route, host).filter(isAdmitted), 'routerCanonicalHostname'));
}

/** `status.ingress`: one entry a router. */
function placesOf(route: AnyObject, host: string): readonly unknown[] {
  return listAt(route, 'status', 'ingress').filter((place) => textAt(place, 'host') === host);
}

function admission(place: unknown) {
  return conditionAt(place, 'Admitted', 'conditions');
}

function isAdmitted(place: unknown): boolean {
  return admission(place)?.status === 'True';
}
