import { conditionAt, listAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { isAddress, sorted, textsAt } from '../addresses.ts';
import type { Reach } from './kind.ts';

/** Well-known label: cloud load balancers leave such nodes out too. */
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** Taint of the cluster autoscaler: the node goes away in a moment. */
const GOING = 'ToBeDeletedByClusterAutoscaler';

/** Where node ports are reached: at all nodes that are ready; at a node's ExternalIP, else at its InternalIP. */
export function nodeReach(nodes: readonly AnyObject[]): Reach {
  return { addresses: sorted(nodes.filter(takesTraffic).flatMap(addressesOf)), hostnames: [] };
}

function takesTraffic(node: AnyObject): boolean {
  const { labels = {}, deletionTimestamp } = node.metadata;
  if (deletionTimestamp !== undefined || Object.hasOwn(labels, EXCLUDED)) return false;
  if (listAt(node, 'spec', 'taints').some((taint) => textAt(taint, 'key') === GOING)) return false;
  return conditionAt(node, 'Ready', 'status', 'conditions')?.status === 'True';
}

function addressesOf(node: AnyObject): readonly string[] {
  const addresses = listAt(node, 'status', 'addresses');
  const ofType = (type: string) => {
    return textsAt(
      addresses.filter((address) => textAt(address, 'type') === type),
      'address',
    ).filter(isAddress);
  };
  const external = ofType('ExternalIP');
  return external.length > 0 ? external : ofType('InternalIP');
}
