import type { RegisteredCluster } from '../lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../lib/kubernetes/errors.ts';
import { textAt } from '../lib/kubernetes/fields.ts';
import type { AnyObject, Resource } from '../lib/kubernetes/objects.ts';
import { FEDERATED_INGRESS, GATEWAY, HTTP_ROUTE, INGRESS } from '../lib/kubernetes/resources.ts';
import type { Logger } from '../lib/log.ts';
import type { EventPoster } from './events.ts';
import { DONE, KeyedWorker, type Next } from './keyed-worker.ts';
import { desiredObjects } from './roots/desired.ts';
import { readHttpRoute, rootParents } from './roots/read-http-route.ts';
import { isIngressRoot, readIngress } from './roots/read-ingress.ts';
import type { Reading } from './roots/reading.ts';
import { RootWriter, rootKeyOf, StaleError } from './roots/root-writer.ts';

interface RootOptions {
  readonly hub: RegisteredCluster;
  readonly log: Logger;
  readonly events: EventPoster;
  readonly now?: () => Date;
}

const CONCURRENCY = 8;

/**
 * Makes FederatedIngress objects of the plain Ingresses and HTTPRoutes of the hub that ask for it, until the signal aborts,
 * and gives the addresses back in their status. For the process that holds the lease.
 */
export async function runRootController(options: RootOptions, signal: AbortSignal): Promise<void> {
  const controller = new RootController(options, signal);
  const { watches } = options.hub;
  const stops = [
    watches.of({ resource: INGRESS }).followAll((state) => controller.seeRoots(INGRESS, state)),
    watches.of({ resource: HTTP_ROUTE }).followAll((state) => controller.seeRoots(HTTP_ROUTE, state)),
    watches.of({ resource: GATEWAY }).followAll((state) => controller.seeGateways(state)),
    watches.of({ resource: FEDERATED_INGRESS }).followAll((state) => controller.seeFederated(state)),
  ];
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  for (const stop of stops) stop();
  await controller.close();
}

interface Seen {
  readonly objects: readonly AnyObject[];
  readonly unreachable?: KubernetesError;
}

class RootController {
  readonly #options: RootOptions;
  readonly #writer: RootWriter;
  readonly #worker: KeyedWorker;
  readonly #roots = new Map<string, AnyObject>();
  readonly #gateways = new Map<string, string | undefined>();
  readonly #federated = new Map<string, AnyObject>();
  /** Kinds whose whole content is known now. */
  readonly #whole = new Set<string>();
  /** What each root was told last, so that it is told once. */
  readonly #refusals = new Map<string, string>();

  constructor(options: RootOptions, signal: AbortSignal) {
    this.#options = options;
    this.#writer = new RootWriter(options.hub, signal);
    this.#worker = new KeyedWorker({
      work: (key) => this.#work(key),
      concurrency: CONCURRENCY,
      onFailure: (key, error, retryInMs) => {
        if (error instanceof StaleError || (error instanceof KubernetesError && error.failure.reason === 'Conflict'))
          return;
        const known = error instanceof KubernetesError ? { reason: error.message } : { err: error };
        options.log.warn({ root: key, ...known, retryInMs }, 'root not federated');
      },
    });
  }

  seeRoots({ kind }: Resource<AnyObject>, { objects, unreachable }: Seen): void {
    const before = [...this.#roots.keys()].filter((key) => key.startsWith(`${kind}/`));
    const isFirst = this.#know(kind, unreachable);
    if (unreachable !== undefined) return;
    const now = new Map(objects.map((object) => [keyOf(object), object]));
    for (const key of before) if (!now.has(key)) this.#roots.delete(key);
    for (const [key, object] of now) {
      const changed = this.#roots.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion;
      this.#roots.set(key, object);
      if (changed) this.#worker.wake(key);
    }
    // Also those of which nothing is left but what was made of them.
    for (const key of [...before, ...this.#madeOf(kind)]) if (!now.has(key)) this.#worker.wake(key);
    if (isFirst) this.#wakeAll();
  }

  seeGateways({ objects, unreachable }: Seen): void {
    this.#know(GATEWAY.kind, unreachable);
    if (unreachable !== undefined) return;
    this.#gateways.clear();
    for (const gateway of objects) this.#gateways.set(placeOf(gateway), textAt(gateway, 'spec', 'gatewayClassName'));
    for (const key of this.#roots.keys()) if (key.startsWith(`${HTTP_ROUTE.kind}/`)) this.#worker.wake(key);
  }

  seeFederated({ objects, unreachable }: Seen): void {
    const isFirst = this.#know(FEDERATED_INGRESS.kind, unreachable);
    if (unreachable !== undefined) return;
    const now = new Map(objects.map((object) => [placeOf(object), object]));
    const changed = [...new Set([...now.keys(), ...this.#federated.keys()])].flatMap((place) => {
      const [before, after] = [this.#federated.get(place), now.get(place)];
      if (before?.metadata.resourceVersion === after?.metadata.resourceVersion) return [];
      return [before, after].flatMap((one) => (one === undefined ? [] : (rootKeyOf(one) ?? [])));
    });
    this.#federated.clear();
    for (const [place, object] of now) this.#federated.set(place, object);
    for (const key of new Set(changed)) this.#worker.wake(key);
    if (isFirst) this.#wakeAll();
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }

  /** Whether all of the kind is known now, and was not before: what had to wait for it can be done. */
  #know(kind: string, unreachable: KubernetesError | undefined): boolean {
    const isFirst = unreachable === undefined && !this.#whole.has(kind);
    if (unreachable === undefined) this.#whole.add(kind);
    else this.#whole.delete(kind);
    return isFirst;
  }

  #wakeAll(): void {
    for (const key of this.#roots.keys()) this.#worker.wake(key);
  }

  #madeOf(kind: string): readonly string[] {
    return [...this.#federated.values()]
      .flatMap((one) => rootKeyOf(one) ?? [])
      .filter((key) => key.startsWith(`${kind}/`));
  }

  async #work(key: string): Promise<Next> {
    if (!this.#isKnown(key.split('/')[0] ?? '')) return DONE;
    const root = this.#roots.get(key);
    const made = [...this.#federated.values()].filter((one) => rootKeyOf(one) === key);
    if (root === undefined || root.metadata.deletionTimestamp !== undefined) {
      await this.#withdraw(key, made);
      return DONE;
    }
    const parents = root.kind === HTTP_ROUTE.kind ? rootParents(root, (...place) => this.#classOf(...place)) : [];
    const reading = this.#read(root, parents);
    if (reading !== undefined) {
      await this.#federate(root, { reading, parents, made });
      return DONE;
    }
    await this.#withdraw(key, made);
    if (made.length > 0) await this.#tell(root, { parents: [], made: [] });
    return DONE;
  }

  /** Absent is not gone: without the whole of what it depends on nothing is made and nothing removed. */
  #isKnown(kind: string): boolean {
    const needed = [kind, FEDERATED_INGRESS.kind, ...(kind === HTTP_ROUTE.kind ? [GATEWAY.kind] : [])];
    return needed.every((one) => this.#whole.has(one));
  }

  async #withdraw(key: string, made: readonly AnyObject[]): Promise<void> {
    for (const federated of made) await this.#writer.remove(federated);
    this.#refusals.delete(key);
  }

  #classOf(namespace: string, name: string): string | undefined {
    return this.#gateways.get(`${namespace}/${name}`);
  }

  /** Undefined for what does not ask to be federated. */
  #read(root: AnyObject, parents: readonly unknown[]): Reading | undefined {
    if (root.kind === INGRESS.kind) return isIngressRoot(root) ? readIngress(root) : undefined;
    return parents.length === 0 ? undefined : readHttpRoute(root, parents);
  }

  async #federate(
    root: AnyObject,
    { reading, parents, made }: { reading: Reading; parents: readonly unknown[]; made: readonly AnyObject[] },
  ): Promise<void> {
    const desired = desiredObjects(root, reading, made);
    if (desired.kind === 'refused') {
      // What is served stays as it was understood last.
      await this.#tell(root, { parents, made, refused: desired.message });
      return;
    }
    const names = new Set(desired.objects.map(({ metadata }) => metadata.name));
    let refused: string | undefined;
    for (const manifest of desired.objects) {
      const { namespace = 'default', name = '' } = manifest.metadata;
      refused = (await this.#writer.put(manifest, this.#federated.get(`${namespace}/${name}`))) ?? refused;
    }
    for (const federated of made) if (!names.has(federated.metadata.name)) await this.#writer.remove(federated);
    const kept = made.filter(({ metadata }) => names.has(metadata.name));
    await this.#tell(root, { parents, made: kept, ...(refused === undefined ? {} : { refused }) });
  }

  async #tell(
    root: AnyObject,
    { parents, made, refused }: { parents: readonly unknown[]; made: readonly AnyObject[]; refused?: string },
  ): Promise<void> {
    const now = (this.#options.now ?? (() => new Date()))();
    this.#tellRefusal(root, refused, now);
    if (root.kind === INGRESS.kind) {
      await this.#writer.writeIngressStatus(root, made);
      return;
    }
    const verdict = { parents, federated: made, now, ...(refused === undefined ? {} : { refused }) };
    await this.#writer.writeRouteStatus(root, verdict);
  }

  #tellRefusal(root: AnyObject, refused: string | undefined, now: Date): void {
    const key = keyOf(root);
    if (this.#refusals.get(key) === refused) return;
    if (refused === undefined) {
      this.#refusals.delete(key);
      return;
    }
    this.#refusals.set(key, refused);
    const { apiVersion, kind, metadata } = root;
    const { namespace = 'default', name, uid } = metadata;
    const regarding = { apiVersion, kind, namespace, name, uid };
    this.#options.events.post({
      regarding,
      type: 'Warning',
      reason: 'NotFederated',
      message: refused,
      at: now.toISOString(),
    });
  }
}

/** `Ingress/default/shop` */
function keyOf(object: AnyObject): string {
  return `${object.kind}/${placeOf(object)}`;
}

function placeOf({ metadata }: AnyObject): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}
