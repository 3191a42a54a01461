import { textAt } from '../../../lib/kubernetes/fields.ts';
import { INGRESS } from '../../../lib/kubernetes/resources.ts';
import type { Route } from '../../../spec/types.ts';
import { isNowhere, loadBalancerReach } from '../addresses.ts';
import type { LeafIntent } from '../leaf.ts';
import { describeLeaf, ownedManifest } from '../manifest.ts';
import { type ClusterSettings, type Kind, notReady, UNRELATED, type Wanted } from './kind.ts';
import { clusterHost, onlyBackend, probeByHost } from './serving.ts';

/** networking.k8s.io/v1. Whatever serves the class writes the address; nothing else tells that it was accepted. */
export const INGRESS_KIND: Kind = {
  resource: INGRESS,
  services: () => [],
  manifest: ingressManifest,
  related: () => UNRELATED,
  accepted(object, { ref }) {
    if (!isNowhere(loadBalancerReach(object))) return undefined;
    const className = textAt(object, 'spec', 'ingressClassName');
    const whose = className === undefined ? 'the default ingress class' : `class "${className}"`;
    const message = `${describeLeaf(ref)} has no address: no ingress controller of ${whose} has written one to its status`;
    return notReady('NoAddress', message, 'momentary');
  },
  observed: () => undefined,
  reach: loadBalancerReach,
  probe: probeByHost,
};

function ingressManifest(intent: LeafIntent, { classes }: ClusterSettings): Wanted {
  const { ref, host, preview, leaf, tls, backends } = intent;
  const ofPreview = preview === undefined ? [] : [preview.host];
  const className = leaf.kind === 'Ingress' ? leaf.className : undefined;
  const http = { paths: onlyBackend(backends).routes.map(ingressPath) };
  const spec = {
    ...(className !== undefined && { ingressClassName: classes.ingress[className] ?? className }),
    rules: [
      { host, http },
      { host: clusterHost(ref.cluster, host), http },
      ...ofPreview.map((each) => ({ host: each, http })),
    ],
    ...(tls !== undefined && { tls: [{ hosts: [host, ...ofPreview], secretName: tls.secretName }] }),
  };
  return { kind: 'manifest', manifest: ownedManifest(intent, INGRESS, { spec }) };
}

function ingressPath({ path, pathType, service }: Route) {
  return { path, pathType, backend: { service: { name: service.name, port: { number: service.port } } } };
}
