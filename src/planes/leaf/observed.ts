import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { getObject } from '../../lib/kubernetes/requests.ts';
import type { LeafRef } from '../../plan/types.ts';
import { LeafError } from './errors.ts';
import { asLeafError } from './failures.ts';
import { kindOf } from './kinds/all.ts';
import type { Finding } from './kinds/kind.ts';
import { describeLeaf } from './manifest.ts';
import { objectRef } from './object-ref.ts';
import { watchOurs } from './watched.ts';

/** How long one attempt waits for a controller, milliseconds. */
const OBSERVED_MS = 10_000;

/** Waits until the controller has taken up the object as it is now. Throws LeafError. */
export function untilObserved(cluster: RegisteredCluster, ref: LeafRef, signal: AbortSignal): Promise<void> {
  return asLeafError(ref, async () => {
    const object = await getObject(cluster, objectRef(ref), { signal });
    if (!object) throw failed(ref, { reason: 'NotFound', message: `${describeLeaf(ref)} does not exist` });
    const { generation = 0 } = object.metadata;
    const kind = kindOf(ref.kind);
    if (!kind.observed(object, ref)) return;
    const timeout = AbortSignal.timeout(OBSERVED_MS);
    const either = AbortSignal.any([signal, timeout]);
    await new Promise<void>((resolve, reject) => {
      let waitsFor: Finding | undefined;
      const stop = watchOurs(cluster, objectRef(ref), (report) => {
        // The watch may still show what was there before.
        if (report.kind !== 'object' || (report.object.metadata.generation ?? 0) < generation) return;
        waitsFor = kind.observed(report.object, ref);
        if (!waitsFor) finish(resolve);
      });
      const giveUp = (): void => finish(() => reject(signal.aborted ? signal.reason : notObserved(ref, waitsFor)));
      const finish = (settle: () => void): void => {
        either.removeEventListener('abort', giveUp);
        stop();
        settle();
      };
      either.addEventListener('abort', giveUp);
      if (either.aborted) giveUp();
    });
  });
}

function notObserved(ref: LeafRef, finding: Finding | undefined): LeafError {
  const fallback = `no controller has taken up ${describeLeaf(ref)} yet`;
  const message = finding?.kind === 'notReady' ? finding.message : fallback;
  return failed(ref, { reason: 'NotObserved', message });
}

function failed({ cluster }: LeafRef, words: { readonly reason: string; readonly message: string }): LeafError {
  return new LeafError({ cluster, retryable: true, ...words });
}
