import { setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { validateDocument } from './accept.ts';
import { applyDocument } from './apply.ts';
import { answering } from './failure.ts';
import { factsOf, remember, whoOf } from './history.ts';
import {
  abortUpdate,
  applyUpdate,
  deleteUpdate,
  drainUpdate,
  type Observed,
  observedSignal,
  type PromoteInput,
  pauseUpdate,
  previewQuery,
  promoteUpdate,
  resumeUpdate,
  retryUpdate,
  type Steering,
  type SteeringResult,
  statusQuery,
  undoUpdate,
  undrainUpdate,
} from './messages.ts';
import { observe } from './observe.ts';
import { previewDocument } from './preview.ts';
import { statusOf } from './report.ts';
import type { EntityRun } from './run.ts';
import * as steering from './steering.ts';
import { drain, undrain } from './steering-clusters.ts';
import { undo } from './steering-undo.ts';

/** Sets every handler before the first await, so that messages which arrive with the start find them. */
export function setHandlers(run: EntityRun): void {
  setHandler(statusQuery, () => statusOf(run.entity), {
    description: 'Everything there is to know: shares, steps, what it waits for',
  });
  setHandler(previewQuery, (document, clusters, now) => previewDocument(run.entity, document, { clusters, now }), {
    description: 'The plan that applying a document would walk',
  });
  setHandler(
    observedSignal,
    (observed) => (isObserved(observed) ? observe(run, observed) : ignore(run, observedSignal.name)),
    {
      description: 'For activities: what they see while they work',
    },
  );
  setDefaultSignalHandler((name) => ignore(run, name));
  setHandler(
    applyUpdate,
    (document: unknown, input?: Steering) => answering(() => applyDocument(run, document, input)),
    {
      validator: (document: unknown, input?: Steering) => {
        steering.checkInput({ fields: ['source'] }, input);
        validateDocument(run.entity, document);
      },
      description: 'Submit a FederatedIngress document; the same document again changes nothing',
    },
  );
  setSteering(run, promoteUpdate, {
    ...steering.promote,
    description: 'End the pause of the current step {step?, full?, reason?}',
  });
  setSteering(run, pauseUpdate, { ...steering.pause, description: 'Hold the next step back {reason?}' });
  setSteering(run, resumeUpdate, { ...steering.resume, description: 'Let the next step begin {reason?}' });
  setSteering(run, abortUpdate, {
    ...steering.abort,
    description: 'Take traffic back to the last completed generation {reason?}',
  });
  setSteering(run, retryUpdate, {
    ...steering.retry,
    description: 'Begin the rollout of the newest spec again {reason?}',
  });
  setSteering(run, undoUpdate, { ...undo, description: 'Go back to an earlier generation {toGeneration?, reason?}' });
  setSteering(run, drainUpdate, { ...drain, description: 'Take all traffic from a cluster {cluster, reason?}' });
  setSteering(run, undrainUpdate, {
    ...undrain,
    description: 'Give a drained cluster its traffic again {cluster, reason?}',
  });
  setSteering(run, deleteUpdate, {
    ...steering.remove,
    description: 'Drain, then remove everything {force?, reason?}',
  });
}

/** Anybody can send a signal, and an error thrown over one would block the workflow for good: it is in its history. */
function isObserved(input: unknown): input is Observed {
  return typeof input === 'object' && input !== null && 'watch' in input && typeof input.watch === 'string';
}

/** A signal cannot be refused, so the history of the FederatedIngress says what became of it. */
function ignore(run: EntityRun, name: string): void {
  const why = name === observedSignal.name ? 'it is for activities' : 'Updates steer, signals do not';
  const message = `signal "${name}": ${why}`;
  if (run.entity.history.at(-1)?.message === message) return;
  remember(run.entity, { actor: 'temporal', action: 'Ignored', message });
}

type DescribedVerb = steering.Verb & { readonly description: string };

function setSteering(run: EntityRun, update: typeof promoteUpdate, verb: DescribedVerb): void {
  setHandler(
    update,
    (input: PromoteInput | undefined) => answering(() => steer(run, verb, steering.checkInput(verb, input))),
    {
      validator: (input: PromoteInput | undefined) => verb.check(run.entity, steering.checkInput(verb, input)),
      description: verb.description,
    },
  );
}

async function steer(run: EntityRun, verb: steering.Verb, input: PromoteInput): Promise<SteeringResult> {
  const before = factsOf(run.entity);
  const acted = verb.act(run, input);
  // What is done at once is in the history at once: nothing comes between.
  const message = typeof acted === 'string' ? acted : await acted;
  const reason = input.reason === undefined ? '' : `: ${input.reason}`;
  remember(run.entity, { ...whoOf(input), action: verb.action, message: `${message}${reason}` }, before);
  run.show();
  return { message };
}
