import { setTimeout as delay } from 'node:timers/promises';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import type { SharedWatch } from '../../../src/lib/kubernetes/shared-watch.ts';

/** How long nothing may happen before it is given up, milliseconds. */
const STUCK_MS = 180_000;
const SHOW_MS = 5_000;

export interface Wait {
  readonly what: string;
  readonly names: readonly string[];
  /** Undefined: there is no such object. */
  readonly ok: (object: AnyObject | undefined, name: string) => boolean;
  readonly show: (line: string) => void;
}

/** When each object was seen to be as wanted first, by `performance.now()`; exact to the 50 ms for which a watch gathers. */
export async function whenEach(watch: SharedWatch<AnyObject>, wait: Wait): Promise<ReadonlyMap<string, number>> {
  const { names, ok, show, what } = wait;
  const met = new Map<string, number>();
  const left = new Set(names);
  let objects = new Map<string, AnyObject>();
  let progressedAt = performance.now();
  const stop = watch.followAll((state) => {
    objects = new Map(state.objects.map((object) => [object.metadata.name, object]));
    const now = performance.now();
    for (const name of left) {
      if (!ok(objects.get(name), name)) continue;
      met.set(name, now);
      left.delete(name);
      progressedAt = now;
    }
  });
  try {
    for (let shownAt = performance.now(); left.size > 0; await delay(25)) {
      const now = performance.now();
      if (now - progressedAt > STUCK_MS) throw new Error(stuck(what, left, objects));
      if (now - shownAt < SHOW_MS) continue;
      shownAt = now;
      show(`${what}: ${met.size} of ${names.length}`);
    }
  } finally {
    stop();
  }
  return met;
}

function stuck(what: string, left: ReadonlySet<string>, objects: ReadonlyMap<string, AnyObject>): string {
  const [name = ''] = left;
  const status = JSON.stringify(objects.get(name)?.['status'])?.slice(0, 2_000) ?? 'there is no such object';
  return `${what}: ${left.size} are missing and nothing has moved for ${STUCK_MS / 1_000} s. ${name}: ${status}`;
}
