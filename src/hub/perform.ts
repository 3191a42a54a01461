import type { SluiceClient } from '../client/client.ts';
import { ClientError } from '../client/errors.ts';
import { backoffMs } from '../lib/kubernetes/backoff.ts';
import type { RegisteredCluster } from '../lib/kubernetes/cluster-registry.ts';
import { listAt } from '../lib/kubernetes/fields.ts';
import type { AnyObject } from '../lib/kubernetes/objects.ts';
import { applyObject, getObject, mergeObject } from '../lib/kubernetes/requests.ts';
import type { Logger } from '../lib/log.ts';
import { parse } from '../spec/parse.ts';
import type { Status } from '../workflows/status.ts';
import { type Action, FINALIZER } from './decide.ts';
import { documentOf, refOf } from './document.ts';
import type { EventPoster, HubEvent } from './events.ts';
import { type Answer, type Memory, recall, statusManifest, withAnswer, withVerdict } from './memory.ts';
import { claimVerdict, verdictOf } from './verdicts.ts';

export interface ControllerOptions {
  readonly hub: RegisteredCluster;
  readonly client: SluiceClient;
  readonly log: Logger;
  readonly events: EventPoster;
  /** Hears the status of a workflow when the controller has looked at it: `write` of the status writer. */
  readonly onStatus?: (status: Status) => void;
  readonly now?: () => Date;
}

/** What doing one action came to. */
export interface Outcome {
  readonly memory: Memory;
  /** The object as it was written. */
  readonly object?: AnyObject;
  /** Before the next action. */
  readonly waitMs?: number;
  /** Why it has to be done again; said in the object's status already. */
  readonly unsettled?: string;
}

type Of<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

const CONTROLLER_MANAGER = 'sluice-hub';
const WHO = { actor: 'hub', door: 'kubectl' } as const;

/** Does what `decide` has found, one action at a time. Throws KubernetesError when the hub cannot be written. */
export class Performer {
  readonly #hub: ControllerOptions['hub'];
  readonly #client: SluiceClient;
  readonly #events: EventPoster;
  readonly #log: Logger;
  readonly #onStatus: (status: Status) => void;
  readonly #now: () => Date;
  readonly #signal: AbortSignal;
  /** How often each deletion was looked at: less often the longer it takes. */
  readonly #looks = new Map<string, number>();

  constructor(options: ControllerOptions, signal: AbortSignal) {
    this.#hub = options.hub;
    this.#client = options.client;
    this.#events = options.events;
    this.#log = options.log;
    this.#onStatus = options.onStatus ?? (() => undefined);
    this.#now = options.now ?? (() => new Date());
    this.#signal = signal;
  }

  /** For an object that this process sees for the first time, from itself: a watch may be behind what the last leader wrote. */
  async recall(object: AnyObject): Promise<Memory | undefined> {
    const now = await getObject(this.#hub, refOf(object), { signal: this.#signal });
    return now?.metadata.uid === object.metadata.uid ? recall(now) : undefined;
  }

  perform(action: Action, object: AnyObject, memory: Memory): Promise<Outcome> {
    switch (action.kind) {
      case 'addFinalizer':
        return this.#setFinalizers(object, memory, (all) => [...all, FINALIZER]);
      case 'apply':
        return this.#apply(action, object, memory);
      case 'look':
        return this.#look(object, memory);
      case 'steer':
        return this.#steer(action, object, memory);
      case 'refuse':
        return this.#refuse(action, object, memory);
      case 'requestDeletion':
        return this.#requestDeletion(action, object, memory);
      case 'awaitDeletion':
        return this.#awaitDeletion(object, memory);
      case 'removeFinalizer':
        return this.#setFinalizers(object, memory, (all) => all.filter((one) => one !== FINALIZER));
      default:
        return action satisfies never;
    }
  }

  async #setFinalizers(
    object: AnyObject,
    memory: Memory,
    change: (finalizers: readonly unknown[]) => readonly unknown[],
  ): Promise<Outcome> {
    const finalizers = change(listAt(object, 'metadata', 'finalizers'));
    const { resourceVersion, uid } = object.metadata;
    const patch = { metadata: { uid, resourceVersion, finalizers } };
    return { memory, object: await mergeObject(this.#hub, refOf(object), { patch, signal: this.#signal }) };
  }

  async #apply({ generation }: Of<'apply'>, object: AnyObject, memory: Memory): Promise<Outcome> {
    const { namespace, name } = refOf(object);
    const source = { kind: 'hub', uid: memory.uid, generation } as const;
    const document = documentOf(object);
    const refused = await this.#client.apply(document, { ...WHO, source }).then(() => undefined, clientErrorOf);
    const verdict = verdictOf(refused, generation);
    if (refused === undefined) {
      const accepted = { ...memory, settledGeneration: generation, acceptedGeneration: generation, looked: false };
      // Whose the hostname is, the workflow says from here on.
      const verdicts = accepted.verdicts.filter(({ type }) => type === 'Accepted');
      return await this.#tell(object, withVerdict({ ...accepted, verdicts }, verdict, this.#now()), memory);
    }
    this.#log.info({ ingress: `${namespace}/${name}`, generation, reason: verdict.reason }, 'spec not accepted');
    const said = withVerdict(claimVerdict(memory, refused, generation, this.#now()), verdict, this.#now());
    // Wrong by itself: nothing but another spec helps. What the installation does not have may come.
    if (parse(document).kind === 'invalid')
      return await this.#tell(object, { ...said, settledGeneration: generation }, memory);
    const told = await this.#tell(object, said, memory);
    return refused.kind === 'hostnameClaimed'
      ? { ...told, waitMs: CLAIM_WAIT_MS }
      : { ...told, unsettled: verdict.message };
  }

  /** A workflow that was accepted and is not there is begun again: the object is what counts. */
  async #look(object: AnyObject, memory: Memory): Promise<Outcome> {
    const status = await this.#read(object);
    if (status === 'unavailable') return { memory, unsettled: 'Temporal does not answer' };
    if (status === 'gone') {
      const { settledGeneration: _, ...forgotten } = memory;
      return { memory: forgotten };
    }
    this.#onStatus(status);
    return { memory: { ...memory, looked: true } };
  }

  async #steer({ verb, nonce, input }: Of<'steer'>, object: AnyObject, memory: Memory): Promise<Outcome> {
    const { namespace, name } = refOf(object);
    const result = await this.#client.steer(verb, namespace, name, { ...WHO, ...input }).catch(clientErrorOf);
    if (!(result instanceof ClientError)) {
      const answer = {
        verb,
        nonce,
        outcome: 'Done',
        message: result.message,
        time: this.#now().toISOString(),
      } as const;
      return await this.#tell(object, withAnswer(memory, answer), memory);
    }
    if (result.kind === 'unavailable') return { memory, unsettled: result.message };
    return await this.#refuse({ kind: 'refuse', verb, nonce, message: result.message }, object, memory);
  }

  async #refuse({ verb, nonce, message }: Of<'refuse'>, object: AnyObject, memory: Memory): Promise<Outcome> {
    const time = this.#now().toISOString();
    const reason = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}Refused`;
    this.#post(object, { type: 'Warning', reason, message: `${nonce}: ${message}`, at: time });
    const answer: Answer = { verb, nonce, outcome: 'Refused', message, time };
    return await this.#tell(object, withAnswer(memory, answer), memory);
  }

  async #requestDeletion({ force }: Of<'requestDeletion'>, object: AnyObject, memory: Memory): Promise<Outcome> {
    const requested = { kind: 'requested', ...(force === undefined ? {} : { force }) } as const;
    if (memory.acceptedGeneration === undefined && !(await this.#isOurs(object, memory))) {
      // Another door's FederatedIngress may have this name.
      return { memory: { ...memory, deletion: { kind: 'done' } } };
    }
    const { namespace, name } = refOf(object);
    const input = { ...WHO, reason: 'deleted in the hub', ...(force === undefined ? {} : { force: true }) };
    const result = await this.#client.steer('delete', namespace, name, input).catch(clientErrorOf);
    if (!(result instanceof ClientError)) return { memory: { ...memory, deletion: requested } };
    if (result.kind === 'notFound') return { memory: { ...memory, deletion: { kind: 'done' } } };
    return { memory, unsettled: result.message };
  }

  async #awaitDeletion(object: AnyObject, memory: Memory): Promise<Outcome> {
    const status = await this.#read(object);
    if (status === 'gone') {
      this.#looks.delete(memory.uid);
      return { memory: { ...memory, deletion: { kind: 'done' } } };
    }
    const looks = this.#looks.get(memory.uid) ?? 0;
    this.#looks.set(memory.uid, Math.min(looks + 1, SLOWEST_LOOK));
    if (status !== 'unavailable') this.#onStatus(status);
    return { memory, waitMs: backoffMs(looks, Math.random()) };
  }

  async #isOurs(object: AnyObject, memory: Memory): Promise<boolean> {
    const status = await this.#read(object);
    if (status === 'unavailable') throw new Error('Temporal does not answer');
    return status !== 'gone' && status.source?.uid === memory.uid;
  }

  async #read(object: AnyObject): Promise<Status | 'gone' | 'unavailable'> {
    const { namespace, name } = refOf(object);
    try {
      const { value, staleSince } = await this.#client.get(namespace, name);
      if (staleSince !== undefined) return 'unavailable';
      return value.state === 'Deleted' ? 'gone' : value;
    } catch (error) {
      const { kind } = clientErrorOf(error);
      if (kind === 'notFound') return 'gone';
      if (kind === 'unavailable') return 'unavailable';
      throw error;
    }
  }

  /** Writes what the controller has to say, unless it has said so before. */
  async #tell(object: AnyObject, memory: Memory, before: Memory): Promise<Outcome> {
    const manifest = statusManifest(object, memory);
    if (JSON.stringify(manifest) === JSON.stringify(statusManifest(object, before))) return { memory };
    const options = { manifest, fieldManager: CONTROLLER_MANAGER, force: true, subresource: 'status' } as const;
    await applyObject(this.#hub, refOf(object), { ...options, signal: this.#signal });
    const verdict = memory.verdicts.find(({ type }) => type === 'Accepted');
    const told = before.verdicts.find(({ type }) => type === 'Accepted');
    if (verdict !== undefined && verdict.status !== 'True' && verdict.message !== told?.message) {
      this.#post(object, {
        type: 'Warning',
        reason: verdict.reason,
        message: verdict.message,
        at: verdict.lastTransitionTime,
      });
    }
    return { memory };
  }

  #post({ apiVersion, kind, metadata }: AnyObject, event: Omit<HubEvent, 'regarding'>): void {
    const { name, namespace = 'default', uid } = metadata;
    this.#events.post({ ...event, regarding: { apiVersion, kind, namespace, name, uid } });
  }
}

/** The controller hears when a hostname is given up; this is for the case that it does not. */
const CLAIM_WAIT_MS = 60_000;
/**
 * The wait doubles up to half a minute: the status that the workflow writes at its end wakes us, and a look, which is a
 * query, is for the case that nobody could write it.
 */
const SLOWEST_LOOK = 7;

/** Everything that a client throws and a person can act on; the rest is a bug. */
function clientErrorOf(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  throw error;
}
