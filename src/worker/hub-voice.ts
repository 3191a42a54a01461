import { createEventPoster, type EventPoster } from '../hub/events.ts';
import { createStatusWriter, type StatusWriter } from '../hub/status-writer.ts';
import type { Installation } from './installation.ts';

/** How a process tells the hub what is going on: one for all its roles, so that nothing is said twice. */
export interface HubVoice {
  readonly events: EventPoster;
  readonly statuses: StatusWriter;
  /** Says what is left to say, for a few seconds. */
  close(): Promise<void>;
}

/** Undefined where there is no hub. */
export function openHubVoice({ hub, log }: Pick<Installation, 'hub' | 'log'>): HubVoice | undefined {
  if (hub === undefined) return undefined;
  const events = createEventPoster({ hub, log });
  const statuses = createStatusWriter({ hub, log, events });
  return {
    events,
    statuses,
    async close() {
      await statuses.close();
      await events.close();
    },
  };
}
