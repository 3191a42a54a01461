import type { Cluster } from '../../../src/lib/kubernetes/cluster.ts';
import { listAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject, JsonObject } from '../../../src/lib/kubernetes/objects.ts';
import { listObjects, mergeObject } from '../../../src/lib/kubernetes/requests.ts';
import { CLOUD_RESOURCES } from '../../../src/planes/cloud/write.ts';

type Kind = 'LoadBalancer' | 'TargetGroup' | 'Listener';

const KINDS: readonly Kind[] = ['LoadBalancer', 'TargetGroup', 'Listener'];
const FINALIZER = 'finalizer.managedresource.crossplane.io';

/**
 * Plays Crossplane's provider-aws and AWS, which cannot be had here: gives objects their ARNs when it is allowed to, fails
 * when it is told to, and ends what is deleted. Everything else about them is the real API server's.
 */
export class Crossplane {
  /** What happened, in order: `made LoadBalancer`, `gone Listener`. */
  readonly log: string[] = [];
  readonly #hub: Cluster;
  readonly #ended = new AbortController();
  readonly #held = new Set<Kind>();
  readonly #failures = new Map<Kind, string>();
  #playing: Promise<void> | undefined;

  constructor(hub: Cluster) {
    this.#hub = hub;
  }

  start(): void {
    this.#playing = this.#play();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#playing;
  }

  /** AWS takes its time: ARNs of this kind do not appear until `letGo`. */
  hold(kind: Kind): void {
    this.#held.add(kind);
  }

  letGo(kind: Kind): void {
    this.#held.delete(kind);
  }

  fail(kind: Kind, message: string | undefined): void {
    if (message === undefined) this.#failures.delete(kind);
    else this.#failures.set(kind, message);
  }

  async #play(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      for (const kind of KINDS) {
        const { items } = await listObjects(this.#hub, { resource: CLOUD_RESOURCES[kind] }, { signal: NEVER });
        for (const object of items) await this.#provide(kind, object);
      }
    }
  }

  async #provide(kind: Kind, object: AnyObject): Promise<void> {
    if (object.metadata.labels?.['test'] === 'foreign') return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if (!finalizers.includes(FINALIZER)) return;
      this.log.push(`gone ${kind}`);
      await this.#merge(kind, object, { metadata: { finalizers: finalizers.filter((one) => one !== FINALIZER) } });
      return;
    }
    if (!finalizers.includes(FINALIZER)) {
      await this.#merge(kind, object, { metadata: { finalizers: [...finalizers, FINALIZER] } });
      return;
    }
    const status = this.#statusOf(kind, object);
    if (status && JSON.stringify(status) !== JSON.stringify(object['status'])) {
      if (textAt(status, 'conditions', 0, 'status') === 'True' && arnOf(object) === undefined)
        this.log.push(`made ${kind}`);
      await this.#merge(kind, object, { status }, 'status');
    }
  }

  #statusOf(kind: Kind, object: AnyObject): JsonObject | undefined {
    const failure = this.#failures.get(kind);
    if (failure !== undefined) return { conditions: [condition('False', 'ReconcileError', failure)] };
    if (this.#held.has(kind)) return undefined;
    const atProvider = atProviderOf(kind, object);
    return { atProvider, conditions: [condition('True', 'ReconcileSuccess', '')] };
  }

  async #merge(kind: Kind, { metadata }: AnyObject, patch: object, subresource?: 'status'): Promise<void> {
    const ref = { resource: CLOUD_RESOURCES[kind], name: metadata.name };
    await mergeObject(this.#hub, ref, { patch, signal: NEVER, ...(subresource && { subresource }) });
  }
}

/** Requests end by their own deadline. */
const NEVER = new AbortController().signal;

function arnOf(object: AnyObject): string | undefined {
  const status = ['status', 'atProvider'] as const;
  return (
    textAt(object, ...status, 'loadBalancerARN') ??
    textAt(object, ...status, 'listenerARN') ??
    textAt(object, ...status, 'targetGroups', 0, 'targetGroupARN')
  );
}

function atProviderOf(kind: Kind, { metadata: { name }, ...object }: AnyObject): JsonObject {
  const arn = `arn:aws:elasticloadbalancing:eu-west-1:1:${kind.toLowerCase()}/${name}`;
  if (kind === 'LoadBalancer') return { dnsName: `${name}.elb.example.test`, loadBalancerARN: arn };
  if (kind === 'TargetGroup') return { targetGroups: [{ targetGroupARN: arn }] };
  const forwards = listAt(object, 'spec', 'forProvider', 'defaultActions').map((action) => ({
    forwardConfig: { targetGroups: listAt(action, 'forwardConfig', 'targetGroups') },
  }));
  return { defaultActions: forwards, listenerARN: arn };
}

function condition(status: 'True' | 'False', reason: string, message: string): JsonObject {
  return { lastTransitionTime: '2026-01-01T00:00:00Z', message, reason, status, type: 'Synced' };
}
