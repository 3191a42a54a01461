import type { KubernetesObject } from '../../lib/kubernetes/objects.ts';
import { compareText } from '../../plan/backend-id.ts';
import type { LeafRef } from '../../plan/types.ts';

/** Watches are milliseconds behind; one that is behind for longer is broken, and says so. Milliseconds. */
const REMEMBERED_MS = 30_000;

/**
 * What this process has written last. A watch may still show what was there before, and that must not be taken for what
 * came of the write.
 */
export class Written {
  readonly #versions = new Map<string, KubernetesObject['metadata']>();

  note(ref: LeafRef, { metadata }: KubernetesObject): void {
    const key = keyOf(ref);
    this.#versions.set(key, metadata);
    setTimeout(() => {
      if (this.#versions.get(key) === metadata) this.#versions.delete(key);
    }, REMEMBERED_MS).unref();
  }

  /** Whether an object is what it was before the last write. */
  isBefore(ref: LeafRef, { metadata }: KubernetesObject): boolean {
    const written = this.#versions.get(keyOf(ref));
    if (written === undefined || written.uid !== metadata.uid) return false;
    return isOlder(metadata.resourceVersion, written.resourceVersion);
  }
}

function keyOf({ cluster, kind, namespace, name }: LeafRef): string {
  return `${cluster} ${kind} ${namespace}/${name}`;
}

/** Versions of one resource are numbers that grow. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
function isOlder(left: string, right: string): boolean {
  if (left.length !== right.length) return left.length < right.length;
  return compareText(left, right) < 0;
}
