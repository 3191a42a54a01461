import { z } from 'zod';
import type { HistoryEntry } from '../../workflows/status.ts';
import type { Reading } from '../client.ts';
import { timestamp } from './timestamp.ts';

/** The history as HTTP says it: since when it is stale stands beside the entries. */
export interface HistoryList {
  readonly items: readonly HistoryEntry[];
  readonly staleSince?: string;
}

export const state = z.enum([
  'Progressing',
  'Paused',
  'Held',
  'Ready',
  'Degraded',
  'RollingBack',
  'RolledBack',
  'Failed',
  'Deleting',
  'Deleted',
]);

export const staleSince = timestamp.exactOptional().meta({
  description: 'Set when this is the last value seen, because Temporal or its workers cannot be asked now',
});

const facts = z
  .object({
    generation: z.int().exactOptional(),
    state: state.exactOptional(),
    step: z.int().exactOptional().meta({ description: '1-based position in the rollout' }),
    shares: z.record(z.string(), z.int()).exactOptional().meta({ description: 'Basis points in force by cluster' }),
    ttlSeconds: z.int().exactOptional().meta({ description: 'How long an answer that was given may be cached' }),
    withheld: z.array(z.string()).exactOptional().meta({ description: 'Clusters that get no traffic' }),
  })
  .meta({ id: 'Facts', description: 'What an entry of the history compares' });

export const historyEntry = z
  .object({
    number: z.int().meta({ description: 'Grows by one; what is missing in between has been dropped' }),
    at: timestamp,
    actor: z.string(),
    action: z.string(),
    message: z.string(),
    door: z
      .enum(['http', 'cli', 'kubectl', 'temporal'])
      .exactOptional()
      .meta({ description: 'Where it came in; `cli` is what the client says of itself' }),
    reason: z.string().exactOptional().meta({ description: 'What the actor gave as reason' }),
    before: facts.exactOptional(),
    after: facts.exactOptional(),
  })
  .meta({ id: 'HistoryEntry', description: 'Who did what; actor `sluice` for automatic decisions' });

/** GET .../history. */
export const historyListSchema: z.ZodType<HistoryList & Pick<Reading<unknown>, 'staleSince'>> = z
  .object({ items: z.array(historyEntry), staleSince })
  .meta({ id: 'HistoryList', description: 'Mutations and automatic decisions, oldest first' });
