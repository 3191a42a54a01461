import { firstLabel, type NameKey, parentKey } from '../wire/names.ts';
import { zoneOf } from './compile.ts';
import type { Node, ZoneSet } from './types.ts';

export type Found =
  | { readonly kind: 'node'; readonly node: Node }
  /** In the zone with this index, and not there. */
  | { readonly kind: 'missing'; readonly zone: number }
  | { readonly kind: 'outside' };

/** Finds a name. A name of its own wins over one that a hostname gives to its clusters. */
export function lookup(zones: ZoneSet, name: NameKey): Found {
  const exact = zones.nodes.get(name);
  if (exact !== undefined) return { kind: 'node', node: exact };
  const parent = parentKey(name);
  const child = parent === undefined ? undefined : zones.nodes.get(parent)?.children?.get(firstLabel(name));
  if (child !== undefined) return { kind: 'node', node: child };
  const zone = zoneOf(zones.apexes, name);
  return zone === undefined ? { kind: 'outside' } : { kind: 'missing', zone };
}
