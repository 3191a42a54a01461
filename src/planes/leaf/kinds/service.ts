import { at, listAt, numberAt, recordAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { SERVICE } from '../../../lib/kubernetes/resources.ts';
import { isNowhere, loadBalancerReach } from '../addresses.ts';
import type { LeafIntent, ReadinessTarget } from '../leaf.ts';
import { describeLeaf, ownedManifest } from '../manifest.ts';
import {
  type ClusterSettings,
  type Finding,
  type Found,
  type Kind,
  NOWHERE,
  notReady,
  type Reach,
  type Related,
  refused,
  UNRELATED,
  type Wanted,
} from './kind.ts';
import { nodeReach } from './nodes.ts';
import { onlyBackend, probeByHost } from './serving.ts';

/**
 * v1, of type LoadBalancer or NodePort: the workload's own, or one that Sluice makes beside it. Reached at the Service's
 * port, or the node port. With externalTrafficPolicy Local, nodes without a pod are listed too; planes leave them out,
 * since their probes fail.
 */
export const SERVICE_KIND: Kind = {
  resource: SERVICE,
  services: ({ leaf, backends }) => {
    return leaf.kind === 'Service' && leaf.type !== undefined ? [workloadOf(backends).service.name] : [];
  },
  manifest: serviceManifest,
  related: ({ leaf }, object) => {
    // Of a Service that is used as it is, the type is not known before the Service is.
    const wanted = (leaf.kind === 'Service' && leaf.type) || 'NodePort';
    return (textAt(object, 'spec', 'type') ?? wanted) === 'NodePort' ? { kind: 'nodes' } : UNRELATED;
  },
  accepted: serviceAccepted,
  observed: () => undefined,
  reach: serviceReach,
  probe: probeByHost,
};

/** A copy of the workload's Service: its selector, and the one port that is served; others stay inside the cluster. */
function serviceManifest(intent: LeafIntent, _cluster: ClusterSettings, { services }: Found): Wanted {
  const { ref, leaf, backends } = intent;
  const type = leaf.kind === 'Service' ? leaf.type : undefined;
  if (type === undefined) throw new Error(`${describeLeaf(ref)} is used as it is and not written`);
  const { service } = workloadOf(backends);
  const workload = `Service ${ref.namespace}/${service.name} in cluster ${ref.cluster}`;
  const found = services?.get(service.name);
  if (!found) {
    const message = `${describeLeaf(ref)} is made after ${workload}, which does not exist: create it, or correct the backend`;
    return refused('ServiceNotFound', message, true);
  }
  const selector = recordAt(found, 'spec', 'selector');
  if (selector === undefined || Object.keys(selector).length === 0) {
    const message = `${workload} has no selector, so ${describeLeaf(ref)} cannot select the same pods: use leaf kind Ingress or HTTPRoute`;
    return refused('ServiceWithoutSelector', message, false);
  }
  const port = portOf(found, service.port);
  if (port === undefined) return refused('PortNotFound', noPort(found, workload, service.port), true);
  const spec = { type, selector, ports: [copyOf(port, service.port)] };
  return { kind: 'manifest', manifest: ownedManifest(intent, SERVICE, { spec }) };
}

/** Protocol is a key of the list for server-side apply, so it has to be there. */
function copyOf(port: unknown, number: number) {
  const [name, appProtocol] = [textAt(port, 'name'), textAt(port, 'appProtocol')];
  return {
    ...(name !== undefined && { name }),
    protocol: textAt(port, 'protocol') ?? 'TCP',
    port: number,
    targetPort: at(port, 'targetPort') ?? number,
    ...(appProtocol !== undefined && { appProtocol }),
  };
}

function serviceAccepted(service: AnyObject, target: ReadinessTarget, related: Related): Finding | undefined {
  const { ref } = target;
  const { port } = workloadOf([{ backend: target.of }]).service;
  const found = portOf(service, port);
  if (found === undefined) return notReady('PortNotFound', noPort(service, describeLeaf(ref), port));
  const type = textAt(service, 'spec', 'type') ?? 'ClusterIP';
  if (type === 'LoadBalancer') return hasLoadBalancer(service, target);
  if (type === 'NodePort') return hasNodePort(found, target, related);
  const remedy = target.owned
    ? 'it was made with another type'
    : 'change its type, or set spec.leaf.type so that Sluice makes a Service beside it';
  const message = `${describeLeaf(ref)} has type ${type}, which cannot be reached from outside; LoadBalancer or NodePort is wanted: ${remedy}`;
  return notReady('WrongServiceType', message);
}

function hasLoadBalancer(service: AnyObject, { ref }: ReadinessTarget): Finding | undefined {
  if (!isNowhere(loadBalancerReach(service))) return undefined;
  const className = textAt(service, 'spec', 'loadBalancerClass');
  const whose = className === undefined ? 'the default load balancer class' : `load balancer class "${className}"`;
  const message = `${describeLeaf(ref)} has no address: no controller of ${whose} has written one to its status`;
  return notReady('NoAddress', message, 'momentary');
}

function hasNodePort(port: unknown, { ref }: ReadinessTarget, related: Related): Finding | undefined {
  if (related.kind !== 'nodes' || related.nodes === undefined) return { kind: 'undecided' };
  if (numberAt(port, 'nodePort') === undefined) {
    return notReady('NoNodePort', `${describeLeaf(ref)} has no node port yet`, 'momentary');
  }
  if (!isNowhere(nodeReach(related.nodes))) return undefined;
  const message = `${describeLeaf(ref)} has no address: none of the ${related.nodes.length} nodes of cluster ${ref.cluster} is ready and has an ExternalIP or InternalIP`;
  return notReady('NoReadyNode', message, 'momentary');
}

function serviceReach(service: AnyObject, target: ReadinessTarget, related: Related): Reach {
  const { port } = workloadOf([{ backend: target.of }]).service;
  const type = textAt(service, 'spec', 'type');
  if (type === 'LoadBalancer') return { ...loadBalancerReach(service), port };
  if (type !== 'NodePort' || related.kind !== 'nodes') return NOWHERE;
  const nodePort = numberAt(portOf(service, port), 'nodePort');
  return nodePort === undefined ? NOWHERE : { ...nodeReach(related.nodes ?? []), port: nodePort };
}

/** What a Service sends everything to: backends of this kind have one route. */
function workloadOf(backends: readonly Pick<LeafIntent['backends'][number], 'backend'>[]) {
  const [route] = onlyBackend(backends.map(({ backend }) => ({ backend, share: 0 }))).routes;
  if (!route) throw new Error('a backend has no route');
  return route;
}

function portOf(service: AnyObject, number: number): unknown {
  return listAt(service, 'spec', 'ports').find((port) => numberAt(port, 'port') === number);
}

function noPort(service: AnyObject, name: string, number: number): string {
  const ports = listAt(service, 'spec', 'ports').map((port) => numberAt(port, 'port') ?? '?');
  return `${name} has no port ${number}: its ports are ${ports.join(', ')}`;
}
