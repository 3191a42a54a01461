import * as z from 'zod';
import { time } from './common.ts';

/** What the status of a FederatedIngress object says of its rollout, and of what stands beside it. */

const gate = z.object({
  gate: z.string().meta({ description: 'leaves, planes, caches or measured.' }),
  state: z.string().meta({ description: 'waiting, passed, skipped or failed.' }),
  message: z.string(),
});

const step = z.object({
  text: z.string(),
  state: z.string().meta({ description: 'waiting, running or done.' }),
  plannedSeconds: z.number().optional().meta({ description: 'What it takes at least, by the plan.' }),
  expectedEnd: time().optional().meta({ description: 'When it ends if nothing takes longer than it must.' }),
  startedAt: time().optional(),
  endedAt: time().optional(),
  until: time().optional().meta({ description: 'When a timed wait ends.' }),
  gates: z.array(gate).optional().meta({ description: 'What has to hold before the step ends.' }),
});

const failure = { reason: z.string(), message: z.string() };

export const rollout = z.object({
  generation: z.int(),
  cause: z.string().optional().meta({ description: 'What it is for, when it is not the newest spec.' }),
  startedAt: time(),
  endedAt: time().optional(),
  paused: z.boolean(),
  held: z
    .object({ ...failure, since: time() })
    .optional()
    .meta({ description: 'A step failed: nothing moves until retry, abort or another spec.' }),
  failedClusters: z.array(z.object({ cluster: z.string(), ...failure })).optional(),
  lastActor: z.string().optional(),
  expectedEnd: time().optional().meta({ description: 'If nothing takes longer than it must.' }),
  steps: z.array(step),
});

export const withheld = z.object({
  cluster: z.string(),
  why: z.string().meta({ description: 'drained, until undrain; or unreachable, until it answers.' }),
  since: time(),
  actor: z.string(),
  reason: z.string().optional(),
});

export const queued = z.object({ generation: z.int(), at: time() });

export const undoable = z.object({
  generation: z.int(),
  completedAt: time().optional().meta({ description: 'Absent: its rollout never completed.' }),
  strategy: z.string(),
});
