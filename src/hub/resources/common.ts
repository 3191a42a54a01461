import * as z from 'zod';

/** Fields that statuses of several kinds have. None has a limit: a status that is refused would help nobody. */

export const time = () => z.string().meta({ format: 'date-time' });

/** meta/v1 Condition. */
export const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.int().optional(),
  lastTransitionTime: time(),
});

/** One entry a type, so that several writers can have conditions of their own (server-side apply). */
export const conditions = () =>
  z
    .array(conditionSchema)
    .optional()
    .meta({
      description: 'What is known, one entry a type.',
      ...listMap('type'),
    });

/** A list whose entries are told apart by a field: an apply merges them one by one, and two of one key are refused. */
export function listMap(key: string): Readonly<Record<string, unknown>> {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] };
}
