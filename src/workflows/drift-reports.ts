import { backendId } from '../plan/backend-id.ts';
import { sameLeaf } from '../plan/leaves.ts';
import type { LeafDrift } from '../planes/leaf/leaf.ts';
import type { Entity } from './entity.ts';

/** Which reports of drift compare with what was written last. */
export class DriftReports {
  #watch: string | undefined;
  #state: 'heard' | 'unheard' | 'missed' = 'heard';

  /** Who follows from now on knows what is written now. */
  followedBy(watch: string): void {
    this.#watch = watch;
    this.#state = 'heard';
  }

  /** Leaves are about to change: until that is over, what is said of drift may compare with the past. */
  forget(): void {
    this.#state = 'unheard';
  }

  /** Leaves have changed. False: something was said meanwhile, so who follows has to begin anew. */
  hearAgain(): boolean {
    const isMissed = this.#state === 'missed';
    this.#state = 'heard';
    return !isMissed;
  }

  hears(watch: string): boolean {
    if (watch !== this.#watch) return false;
    if (this.#state === 'unheard') this.#state = 'missed';
    return this.#state === 'heard';
  }
}

/** Whether who reports does not know what was written last: that was in another process. */
export function comparesWithPast(entity: Entity, { ref, shares }: LeafDrift): boolean {
  const written = entity.written?.find(({ intent }) => sameLeaf(intent.ref, ref));
  if (!written || !shares) return false;
  const { backends } = written.intent;
  return backends.some(({ backend, share }) => shares[backendId(backend)] !== share);
}
