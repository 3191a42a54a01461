import type { FieldConflict } from '../../lib/kubernetes/conflict.ts';
import { isRecord, type KubernetesObject } from '../../lib/kubernetes/objects.ts';

/**
 * The manifest with the values that the object has in fields where others stand against ours: the same value is no
 * conflict. Undefined when a path leads into a list, where it does not say on its own what to take.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
 */
export function adoptFields<T extends object>(
  manifest: T,
  found: KubernetesObject,
  conflicts: readonly FieldConflict[],
): T | undefined {
  const adopted = structuredClone(manifest);
  for (const path of conflicts.flatMap(({ fields }) => fields)) {
    if (!path.startsWith('.') || path.includes('[')) return undefined;
    if (!adopt(adopted, found, path.slice(1))) return undefined;
  }
  return adopted;
}

function adopt(manifest: object, found: object, path: string): boolean {
  if (!isRecord(manifest) || !isRecord(found)) return false;
  // Names of labels and annotations have dots themselves, so the longest name that is there is meant.
  const names = Object.keys(manifest).filter((name) => path === name || path.startsWith(`${name}.`));
  const name = names.toSorted((left, right) => right.length - left.length)[0];
  if (name === undefined) return false;
  if (path === name) {
    manifest[name] = found[name];
    return true;
  }
  const [below, foundBelow] = [manifest[name], found[name]];
  return isRecord(below) && isRecord(foundBelow) && adopt(below, foundBelow, path.slice(name.length + 1));
}
