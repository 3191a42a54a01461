import { z } from 'zod';
import type { Simulation } from '../../plan/simulate.ts';
import { FAULT_KINDS } from '../../plan/simulate-scenario.ts';

/** The simulation, and as text for people. */
export interface ExplainedSimulation extends Simulation {
  readonly text: string;
}

const moment = z
  .union([
    z.object({ kind: z.literal('step'), step: z.int() }),
    z.object({ kind: z.literal('time'), seconds: z.number() }),
  ])
  .meta({ description: 'When a step of the plan begins, 1-based, or so long after the start of the rollout' });

const recovery = z.object({ cluster: z.string(), at: moment });

const timelineEntry = z
  .object({
    atSeconds: z.number().meta({ description: 'Since the start of the rollout' }),
    step: z.int().exactOptional().meta({ description: '1-based, of the plan that holds then' }),
    kind: z.enum([
      'step',
      'wait',
      'fault',
      'recovery',
      'leftOut',
      'wentOnWithout',
      'broughtBack',
      'leftBehind',
      'held',
      'rollingBack',
      'end',
    ]),
    shares: z.record(z.string(), z.int()).meta({ description: 'Basis points by cluster, once this has happened' }),
    text: z.string(),
  })
  .meta({ id: 'TimelineEntry', description: 'One line of what a simulated rollout does' });

export const simulationSchema: z.ZodType<ExplainedSimulation> = z
  .object({
    host: z.string(),
    scenario: z.object({
      faults: z.array(recovery.extend({ what: z.enum(FAULT_KINDS) })),
      recoveries: z.array(recovery),
    }),
    timeline: z.array(timelineEntry),
    end: z.object({
      kind: z.enum(['completed', 'rolledBack', 'failed', 'held', 'waiting']),
      atSeconds: z.number(),
      message: z.string(),
    }),
    unfelt: z.array(z.string()).meta({ description: 'What of the scenario made no difference' }),
    text: z.string().meta({ description: 'All of it for people, as the CLI prints it' }),
  })
  .meta({ id: 'Simulation', description: 'How the rollout to this document would go; nothing was changed' });
