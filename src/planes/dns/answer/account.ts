import type { Query } from '../wire/query.ts';
import type { Found } from '../zone/tree.ts';

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
const REFUSED_ACCOUNT = 5;

/**
 * What a response is counted under when responses are limited: the name, where there is one; all that is missing from a
 * zone, and all that is refused, together, or strangers could make up names to get round it.
 */
export function accountOf(query: Query, found: Found): number {
  switch (found.kind) {
    case 'node':
      return hash(query.name, 1);
    case 'wildcard':
    case 'missing':
      return hash((found.kind === 'wildcard' ? found.node.zone : found.zone).key, 2);
    case 'delegated':
      return hash(found.cut.key, 3);
    case 'outside':
      return REFUSED_ACCOUNT;
    default:
      return found satisfies never;
  }
}

function hash(text: string, seed: number): number {
  let value = FNV_OFFSET ^ seed;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  return value;
}
