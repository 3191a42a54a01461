import { conditionAt, listAt, numberAt, textAt } from '../lib/kubernetes/fields.ts';
import type { AnyObject, Manifest } from '../lib/kubernetes/objects.ts';
import { FEDERATED_INGRESS } from '../lib/kubernetes/resources.ts';

/** Annotations that steer: `sluice.dev/promote: "<nonce>[ reason]"`. Each nonce is acted on once. */
export const STEERING_VERBS = ['promote', 'pause', 'resume', 'abort', 'retry', 'undo', 'drain', 'undrain'] as const;
export type HubVerb = (typeof STEERING_VERBS)[number];

/** What the controller knows of one object. What has to survive a restart is in the object's status as well. */
export interface Memory {
  readonly uid: string;
  /** The generation that is dealt with: accepted, or refused for good. */
  readonly settledGeneration?: number;
  readonly acceptedGeneration?: number;
  /** Whether this process has seen the workflow of the accepted generation. */
  readonly looked: boolean;
  readonly verdicts: readonly Verdict[];
  readonly answers: readonly Answer[];
  readonly deletion?: { readonly kind: 'requested' | 'done'; readonly force?: string };
}

/** A condition that the controller itself writes. */
export interface Verdict {
  readonly type: 'Accepted' | 'HostnameClaimed';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

/** What became of one steering annotation. */
export interface Answer {
  readonly verb: HubVerb;
  readonly nonce: string;
  readonly outcome: 'Done' | 'Refused';
  readonly message: string;
  readonly time: string;
}

/** The memory of an object that this process sees for the first time. What was refused is tried once more. */
export function recall(object: AnyObject): Memory {
  const acceptedGeneration = numberAt(object, 'status', 'acceptedGeneration');
  const accepted = conditionAt(object, 'Accepted', 'status', 'conditions');
  const settled = accepted?.status === 'True' ? accepted.observedGeneration : undefined;
  return {
    uid: object.metadata.uid,
    looked: false,
    ...(acceptedGeneration === undefined ? {} : { acceptedGeneration }),
    ...(settled === undefined ? {} : { settledGeneration: settled }),
    verdicts: settled === undefined ? [] : [recalledVerdict(object, settled)],
    answers: listAt(object, 'status', 'steering').flatMap(answerOf),
  };
}

function recalledVerdict(object: AnyObject, observedGeneration: number): Verdict {
  const found = listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Accepted');
  const { reason = 'Accepted', message = '' } = conditionAt(object, 'Accepted', 'status', 'conditions') ?? {};
  const lastTransitionTime = textAt(found, 'lastTransitionTime') ?? new Date(0).toISOString();
  return { type: 'Accepted', status: 'True', reason, message, observedGeneration, lastTransitionTime };
}

function answerOf(value: unknown): readonly Answer[] {
  const [verb, nonce, outcome] = ['verb', 'nonce', 'outcome'].map((field) => textAt(value, field));
  if (verb === undefined || nonce === undefined) return [];
  return [
    {
      verb: verb as HubVerb, // one that we do not know (any more) is carried along and matches nothing
      nonce,
      outcome: outcome === 'Done' ? 'Done' : 'Refused',
      message: textAt(value, 'message') ?? '',
      time: textAt(value, 'time') ?? new Date(0).toISOString(),
    },
  ];
}

/** The verdict in the memory; its transition time stays while the status does. */
export function withVerdict(memory: Memory, verdict: Omit<Verdict, 'lastTransitionTime'>, now: Date): Memory {
  const before = memory.verdicts.find(({ type }) => type === verdict.type);
  const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : now.toISOString();
  const others = memory.verdicts.filter(({ type }) => type !== verdict.type);
  return { ...memory, verdicts: [...others, { ...verdict, lastTransitionTime }] };
}

export function withAnswer(memory: Memory, answer: Answer): Memory {
  return { ...memory, answers: [...memory.answers.filter(({ verb }) => verb !== answer.verb), answer] };
}

/** The whole of what the controller says in the status: server-side apply takes away what is left out. */
export function statusManifest({ metadata }: AnyObject, memory: Memory): Manifest {
  const { name, namespace } = metadata;
  const observedGeneration = memory.verdicts.find(({ type }) => type === 'Accepted')?.observedGeneration;
  return {
    apiVersion: FEDERATED_INGRESS.apiVersion,
    kind: FEDERATED_INGRESS.kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    status: {
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      ...(memory.acceptedGeneration === undefined ? {} : { acceptedGeneration: memory.acceptedGeneration }),
      conditions: memory.verdicts,
      steering: memory.answers,
    },
  };
}
