import { DEFAULTS, LIMITS } from './defaults.ts';
import { choice, duration, integer, object, oneOf, text } from './fields.ts';

/** The fields of the document that say what a rollout does when something fails or changes. Part of `documentSchema`. */

const unreachable = oneOf('policy', {
  wait: object({}, '{}, without end').meta({ description: 'Until it is back, or the step takes too long.' }),
  goOn: object({
    after: duration('1s', '24h').prefault(DEFAULTS.goOnAfter).meta({ description: 'How long it has to be away.' }),
  }).meta({ description: 'Without it: its share goes to the others, and it catches up when it is back.' }),
});

const rollback = oneOf('way back', {
  atOnce: object({}, '{}, in one shift').meta({ description: 'In one shift.' }),
  byEndpoints: object({
    within: duration('1s', '24h').prefault(DEFAULTS.backWithin).meta({
      description: 'How long it may take; what is left then goes back at once.',
    }),
  }).meta({ description: 'In steps: each backend gets back what its ready endpoints bear.' }),
});

const incumbentBroken = object({
  reason: text(/\S/, { maximum: LIMITS.reason, allowed: `a sentence, at most ${LIMITS.reason} characters` }).meta({
    description: 'How that is known; kept in the history.',
  }),
});

/** For those who have to follow before a weight counts as in force. */
function gate(what: string) {
  return object({
    within: duration('1s', '168h')
      .optional()
      .meta({ description: `${what} Absent: \`progressDeadline\`.` }),
    otherwise: choice(['fail', 'goOn'])
      .default(DEFAULTS.gateOtherwise)
      .meta({ description: 'When it takes longer: the step fails, or it is said and goes on without who is missing.' }),
  });
}

const measured = object({
  tolerance: integer(1, 100)
    .default(DEFAULTS.measuredTolerance)
    .meta({ description: 'Percentage points, for each cluster, beside what chance explains.' }),
  within: duration('1s', '24h').prefault(DEFAULTS.measuredWithin).meta({
    description: 'How long it may take after old answers have left the caches.',
  }),
  otherwise: choice(['fail', 'goOn'])
    .default(DEFAULTS.measuredOtherwise)
    .meta({ description: 'When it takes longer: the step fails, or it is said and the rollout goes on.' }),
});

export const rollout = object({
  onFailure: choice(['rollback', 'hold'])
    .default(DEFAULTS.onFailure)
    .meta({ description: 'Traffic goes back, or everything stays as it is until a person decides.' }),
  rollback: rollback
    .prefault({ atOnce: {} })
    .meta({ description: 'How traffic goes back when it goes back. Absent: atOnce.' }),
  maxFailedClusters: integer(0, LIMITS.backends)
    .default(DEFAULTS.maxFailedClusters)
    .meta({ description: 'How many clusters may fail and be left at what they had.' }),
  unreachable: unreachable
    .prefault({ wait: {} })
    .meta({ description: 'When a cluster does not answer. Absent: wait.' }),
  onChange: choice(['supersede', 'queue', 'amend'])
    .default(DEFAULTS.onChange)
    .meta({ description: 'Another spec in mid-rollout: at once, afterwards, or as other remaining steps.' }),
  start: object({
    incumbentBroken: incumbentBroken.optional().meta({
      description: 'The old side is broken: it is neither waited for nor gone back to.',
    }),
  }).prefault({}),
  rollbackWindow: duration('0s', LIMITS.pausesTotal).prefault(DEFAULTS.rollbackWindow).meta({
    description: 'Back to a generation that completed at most this long ago: without its steps. 0s: never.',
  }),
  leaves: gate('How long controllers may take to take up what a weight writes inside clusters.')
    .prefault({})
    .meta({ description: 'When controllers do not take up what a weight writes inside clusters.' }),
  planes: gate('How long instances of planes may take to serve a revision.')
    .prefault({})
    .meta({ description: 'When instances of planes, such as DNS servers, do not serve a revision.' }),
  measured: measured.prefault({}).meta({ description: 'How near measured shares have to be to those wanted.' }),
});
