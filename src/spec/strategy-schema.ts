import { DEFAULTS, LIMITS } from './defaults.ts';
import { duration, integer, list, object, oneOf, oneOfBeside, path } from './fields.ts';
import { clusters, statuses } from './traffic-schema.ts';

/** The fields of the document that say how to get there. Part of `documentSchema`. */

const pause = object(
  { duration: duration('1s', LIMITS.pausesTotal).optional().meta({ description: 'Absent: until promoted.' }) },
  '{} to wait until promoted, or {duration: 10m}',
);

const verify = object({
  path: path()
    .optional()
    .meta({
      description: `The path of the GET. Default: that of the health check, or ${DEFAULTS.verifyPath}.`,
    }),
  count: integer(1, LIMITS.verifyCount)
    .default(DEFAULTS.verifyCount)
    .meta({ description: 'Requests to each backend, one after the other.' }),
  maxFailures: integer(0, LIMITS.verifyCount - 1)
    .default(DEFAULTS.verifyMaxFailures)
    .meta({ description: 'How many of them may fail, for each backend; less than count.' }),
  timeout: duration('1s', '1m').prefault(DEFAULTS.verifyTimeout).meta({ description: 'Of one request.' }),
  statuses: statuses().optional().meta({
    description: 'Status codes that pass. Default: those of the health check, or 200-399.',
  }),
});

/** Analysis and approval come here as further fields. */
const step = oneOfBeside(
  'step',
  {
    setWeight: integer(1, 100).meta({
      description: 'Per cent of the way from what is in force to the backends above.',
    }),
    pause: pause.meta({ description: '{} until promoted, or {duration: 10m}.' }),
    verify: verify.meta({ description: 'Requests to the backends that the rollout brings, whatever share they have.' }),
  },
  {
    clusters: clusters().meta({
      description: 'With setWeight: only these clusters go that far, the others stay. Absent: all of them.',
    }),
  },
);

const deadlines = {
  readyTimeout: duration('1s', '24h').prefault(DEFAULTS.readyTimeout).meta({
    description: 'How long new leaves may take to become ready before the rollout is taken back.',
  }),
  progressDeadline: duration('1s', '168h').prefault(DEFAULTS.progressDeadline).meta({
    description: 'How long a step may take before the rollout is taken back. Pauses do not count.',
  }),
};

export const strategy = oneOf('strategy', {
  direct: object(deadlines).meta({ description: 'One shift, as when the strategy is left out.' }),
  canary: object({ steps: list(step, 'steps', LIMITS.steps), ...deadlines }).meta({
    description: 'A growing part of the way, step by step, with pauses between.',
  }),
  blueGreen: object({
    verify: verify.optional().meta({ description: 'Requests to the new side before hold and flip.' }),
    hold: pause.optional().meta({
      description: 'Before the flip: {} waits until promoted, {duration: 10m} for a time. Absent: no wait.',
    }),
    keepOld: duration('0s', LIMITS.pausesTotal).prefault(DEFAULTS.keepOld).meta({
      description: 'How long the old leaves stay after the flip.',
    }),
    ...deadlines,
  }).meta({ description: 'All at once, when the new side is up: it is there before the flip, the old side after it.' }),
});
