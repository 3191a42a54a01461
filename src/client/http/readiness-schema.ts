import { z } from 'zod';

/** What /readyz answers. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly components: readonly ComponentReadiness[];
}

export interface ComponentReadiness {
  readonly component: string;
  readonly ready: boolean;
  /** Whether the whole is unready without it. */
  readonly required: boolean;
  readonly message: string;
}

export const readinessSchema: z.ZodType<ReadinessReport> = z
  .object({
    ready: z.boolean(),
    components: z.array(
      z.object({ component: z.string(), ready: z.boolean(), required: z.boolean(), message: z.string() }),
    ),
  })
  .meta({ id: 'Readiness', description: 'Each component, whether it is ready, and why not' });
