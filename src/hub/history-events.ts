import { FEDERATED_INGRESS } from '../lib/kubernetes/resources.ts';
import type { HistoryEntry, Source, Status } from '../workflows/status.ts';
import type { EventPoster } from './events.ts';

/**
 * Actions that somebody should look at. The history has one word for each transition, which is the Event's reason.
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
]);

/** Older entries are no news to a process that sees an object for the first time, and their Events may have expired. */
const NEWS_MS = 10 * 60_000;

/** Makes an Event of each new entry of an object's history. */
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
    const { namespace, name, history } = status;
    const key = `${namespace}/${name}`;
    const told = this.#told.get(key);
    const { apiVersion, kind } = FEDERATED_INGRESS;
    const regarding = { apiVersion, kind, namespace, name, uid };
    for (const entry of history) {
      if (told?.has(keyOf(entry)) ?? this.#isOld(entry)) continue;
      const type = WARNINGS.has(entry.action) ? 'Warning' : 'Normal';
      this.#events.post({ regarding, type, reason: entry.action, message: sentence(entry), at: entry.at });
    }
    this.#told.set(key, new Set(history.map(keyOf)));
    if (status.state === 'Deleted') this.forget(key);
  }

  forget(key: string): void {
    this.#told.delete(key);
  }

  #isOld({ at }: HistoryEntry): boolean {
    return this.#now() - Date.parse(at) > NEWS_MS;
  }
}

function keyOf({ at, action, message }: HistoryEntry): string {
  return `${at} ${action} ${message}`;
}

function sentence({ actor, message }: HistoryEntry): string {
  return actor === 'sluice' ? message : `${message} (by ${actor})`;
}
