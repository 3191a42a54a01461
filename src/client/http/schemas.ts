import { z } from 'zod';
import type { SteeringResult } from '../../workflows/messages.ts';
import type { ApplyResult, Preview, Status } from '../../workflows/status.ts';
import type { Reading } from '../client.ts';
import { staleSince } from './history-schemas.ts';
import { allocation, plan } from './plan-schemas.ts';
import { status } from './status-schemas.ts';

/**
 * What the HTTP API answers, said once: the OpenAPI components, and the checks of the HTTP client. The annotations hold
 * them to the types inside; the server does not check its own answers again.
 */

/** A status as HTTP says it: since when it is stale stands beside its fields. */
export type StatusReading = Status & Pick<Reading<Status>, 'staleSince'>;

export interface StatusList {
  readonly items: readonly Status[];
  readonly staleSince?: string;
}

/** The preview, and the plan as text for people. */
export interface ExplainedPreview extends Preview {
  readonly text: string;
}

const outcome = z
  .enum(['created', 'updated', 'unchanged', 'queued'])
  .meta({ description: '`queued`: it begins when the rollout under way has ended' });

/** GET one, and the data of each `status` event. */
export const statusReadingSchema: z.ZodType<StatusReading> = status
  .extend({ staleSince })
  .meta({ id: 'StatusReading', description: 'A status, and since when it is stale if it is' });

/** GET list. */
export const statusListSchema: z.ZodType<StatusList> = z
  .object({ items: z.array(status), staleSince })
  .meta({ id: 'StatusList', description: 'FederatedIngresses by namespace and name' });

export const applyResultSchema: z.ZodType<ApplyResult> = z
  .object({ outcome, generation: z.int() })
  .meta({ id: 'ApplyResult', description: 'The generation is the one of this document' });

export const previewSchema: z.ZodType<ExplainedPreview> = z
  .object({
    outcome,
    plan,
    live: allocation.exactOptional(),
    change: z
      .object({
        kind: z.enum(['queued', 'amended', 'superseded']).meta({
          description:
            '`queued`: the plan is from its end. `amended`: the plan has the steps that are left. `superseded`: from what is in force',
        }),
        message: z.string().meta({ description: 'One sentence' }),
      })
      .exactOptional()
      .meta({ description: 'What becomes of the rollout that is under way' }),
    text: z.string().meta({ description: 'The plan for people, as the CLI prints it' }),
  })
  .meta({ id: 'Preview', description: 'The plan that applying this document would walk; nothing was changed' });

export const steeringResultSchema: z.ZodType<SteeringResult> = z
  .object({ message: z.string() })
  .meta({ id: 'SteeringResult', description: 'One sentence that says what happens now' });
