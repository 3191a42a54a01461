import { formatSeconds } from '../lib/duration.ts';
import type { FederatedIngress, GatewayChoice, Leaf, Tls } from '../spec/types.ts';

/** How leaves are made and kept, whichever backends they are for. A spec is one. */
export type LeafPolicy = Pick<FederatedIngress, 'leaf' | 'drift' | 'orphanAfterSeconds' | 'tls' | 'preview'>;

/** What of a spec is that policy. */
export function leafPolicyOf({ leaf, drift, orphanAfterSeconds, tls, preview }: LeafPolicy): LeafPolicy {
  return {
    leaf,
    drift,
    orphanAfterSeconds,
    ...(tls === undefined ? {} : { tls }),
    ...(preview === undefined ? {} : { preview }),
  };
}

type Line = readonly [what: string, text: string];

/** What is worth telling of leaves that are made for the first time, one a line; their kind stands with the objects. */
export function describeLeaves(policy: LeafPolicy): readonly string[] {
  return linesOf(policy)
    .filter(([what, text]) => what === 'gateway' && text !== 'none')
    .concat(policy.drift === 'takeBack' ? [] : [['drift', policy.drift]])
    .map(([what, text]) => `${what}: ${text}`);
}

/** What differs, one a line, such as `kind: Ingress -> HTTPRoute`. Nothing when the one before is not known. */
export function leafPolicyChanges(from: LeafPolicy | undefined, to: LeafPolicy): readonly string[] {
  if (from === undefined) return [];
  const [before, after] = [linesOf(from), linesOf(to)];
  return after.flatMap(([what, text], index) => {
    const was = before[index]?.[1] ?? '';
    return was === text ? [] : [`${what}: ${was} -> ${text}`];
  });
}

function linesOf({ leaf, drift, orphanAfterSeconds, tls, preview }: LeafPolicy): readonly Line[] {
  return [
    ['kind', leaf.kind],
    ['class', classText(leaf)],
    ['gateway', leaf.kind === 'HTTPRoute' ? gatewayText(leaf.gateway) : 'none'],
    ['service', leaf.kind === 'Service' ? (leaf.type ?? 'as it is') : 'none'],
    ['certificate', tlsText(tls)],
    ['preview host', preview?.host ?? 'none'],
    ['drift', drift],
    ['orphaned after', formatSeconds(orphanAfterSeconds)],
  ];
}

function classText(leaf: Leaf): string {
  return leaf.kind === 'Ingress' ? (leaf.className ?? 'default') : 'none';
}

/** `public in namespace gateways, listener http`, or `its own, class public` */
function gatewayText(gateway: GatewayChoice): string {
  if (gateway.kind === 'own') return `its own, class ${gateway.className}`;
  const where = gateway.namespace === undefined ? '' : ` in namespace ${gateway.namespace}`;
  return `${gateway.name}${where}${gateway.sectionName === undefined ? '' : `, listener ${gateway.sectionName}`}`;
}

function tlsText(tls: Tls | undefined): string {
  if (tls === undefined) return 'none';
  if (tls.from === undefined) return tls.secretName;
  return `${tls.secretName} ${tls.from === 'hub' ? 'from the hub' : 'of each cluster'}`;
}
