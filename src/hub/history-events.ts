import { FEDERATED_INGRESS } from '../lib/kubernetes/resources.ts';
import type { Source, Status } from '../workflows/status.ts';
import type { EventPoster } from './events.ts';
import { type Happening, transitionsOf } from './transitions.ts';

/**
 * Actions that somebody should look at. There is one word for each transition, which is the Event's reason.
 */
const WARNINGS: ReadonlySet<string> = new Set([
  'Aborted',
  'RollingBack',
  'RolledBack',
  'Failed',
  'RollbackFailed',
  'Drifted',
  'DriftContested',
  'Orphaned',
  'PlacementHeld',
  'PublishFailed',
  'Degraded',
  'Held',
  'ClusterFailed',
  'ClusterUnreachable',
  'SharesDiffer',
  'WentOn',
  'QueueRefused',
]);

/** The transitions have an Event for each step already. */
const UNTOLD: ReadonlySet<string> = new Set(['Shifted', 'LeavesWritten', 'LeavesRemoved', 'TtlChanged']);

/** Older entries are no news to a process that sees an object for the first time, and their Events may have expired. */
const NEWS_MS = 10 * 60_000;

/** Makes an Event of each new entry of an object's history, and of each transition beside it. */
export class HistoryEvents {
  readonly #events: EventPoster;
  readonly #now: () => number;
  /** What was told of each object: the entries of the last history, which is all that can come again. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(events: EventPoster, now: () => number = Date.now) {
    this.#events = events;
    this.#now = now;
  }

  tell(status: Status, { uid }: Source): void {
    const { namespace, name } = status;
    const entries: readonly Happening[] = [...status.history, ...transitionsOf(status)];
    const key = `${namespace}/${name}`;
    const told = this.#told.get(key);
    const { apiVersion, kind } = FEDERATED_INGRESS;
    const regarding = { apiVersion, kind, namespace, name, uid };
    for (const entry of entries) {
      if (UNTOLD.has(entry.action) || (told?.has(keyOf(entry)) ?? this.#isOld(entry))) continue;
      const type = WARNINGS.has(entry.action) ? 'Warning' : 'Normal';
      this.#events.post({ regarding, type, reason: entry.action, message: sentence(entry), at: entry.at });
    }
    this.#told.set(key, new Set(entries.map(keyOf)));
    if (status.state === 'Deleted') this.forget(key);
  }

  forget(key: string): void {
    this.#told.delete(key);
  }

  #isOld({ at }: Happening): boolean {
    return this.#now() - Date.parse(at) > NEWS_MS;
  }
}

function keyOf({ at, action, message }: Happening): string {
  return `${at} ${action} ${message}`;
}

function sentence({ actor, message, reason = '' }: Happening): string {
  const said = reason === '' || message.includes(reason) ? message : `${message}: ${reason}`;
  return actor === 'sluice' ? said : `${said} (by ${actor})`;
}
