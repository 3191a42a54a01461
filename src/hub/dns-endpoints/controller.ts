import { once } from 'node:events';
import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { applyObject, createObject, deleteObject, getObject } from '../../lib/kubernetes/requests.ts';
import { GLOBAL_INGRESS } from '../../lib/kubernetes/resources.ts';
import type { Logger } from '../../lib/log.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { isOurs, MANAGED_BY, MANAGER, readObject } from '../../planes/store/kubernetes/object.ts';
import { DONE, KeyedWorker, type Next } from '../keyed-worker.ts';
import { conditionManifest, hasCondition } from './condition.ts';
import { compileEndpoints, type Endpoint, type Note } from './endpoints.ts';
import { DNS_ENDPOINT, type DnsEndpointSettings, dnsEndpointManifest, isAsWritten } from './object.ts';

export interface DnsEndpointsOptions {
  readonly hub: RegisteredCluster;
  readonly settings: DnsEndpointSettings;
  readonly log: Logger;
}

/** Hostnames at once; the hub has other work, too. */
const CONCURRENCY = 4;
const FIELD_MANAGER = 'sluice-dns-endpoints';
const NAME_TAKEN = 'NameTaken';
const LOOK_AGAIN_MS = 30_000;

/**
 * Keeps a DNSEndpoint of external-dns for every claimed GlobalIngress that is served, until the signal aborts. One process does. An
 * object goes when its hostname is drained or released; one that is missing in the hub is not released, and is left alone.
 */
export async function runDnsEndpoints(options: DnsEndpointsOptions, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const controller = new DnsEndpointController(options, signal);
  controller.start();
  await once(signal, 'abort');
  await controller.stop();
}

class DnsEndpointController {
  readonly #options: DnsEndpointsOptions;
  readonly #signal: AbortSignal;
  readonly #worker: KeyedWorker;
  readonly #stops: (() => void)[] = [];
  /** By hostname; undefined until they were listed. */
  #ingresses: Objects | undefined;
  #endpoints: Objects | undefined;
  /** What was said last of each hostname, so that it is said once. */
  readonly #told = new Map<string, string>();

  constructor(options: DnsEndpointsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#worker = new KeyedWorker({
      work: (host) => this.#reconcile(host),
      concurrency: CONCURRENCY,
      onFailure: (host, error, retryInMilliseconds) => {
        if (signal.aborted) return;
        options.log.warn(
          { err: error, host, retryInMilliseconds },
          'dnsendpoint of a hostname cannot be brought up to date',
        );
      },
    });
  }

  start(): void {
    const { hub, settings, log } = this.#options;
    const labelSelector = `${MANAGED_BY}=${MANAGER}`;
    const follow = (take: (objects: readonly AnyObject[]) => void) => (state: State) => {
      if (state.unreachable === undefined) take(state.objects);
      else log.warn({ err: state.unreachable }, 'dnsendpoints wait for the hub');
    };
    this.#stops.push(
      hub.watches.of({ resource: GLOBAL_INGRESS }).followAll(
        follow((objects) => {
          this.#ingresses = this.#wake(this.#ingresses, objects);
        }),
      ),
      hub.watches.of({ resource: DNS_ENDPOINT, namespace: settings.namespace, labelSelector }).followAll(
        follow((objects) => {
          this.#endpoints = this.#wake(this.#endpoints, objects);
        }),
      ),
    );
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#worker.close();
  }

  /** The objects by hostname; has those looked at that are others than before, and all when it is the first time. */
  #wake(before: Objects | undefined, objects: readonly AnyObject[]): Objects {
    const now = new Map(objects.map((object) => [object.metadata.name, object]));
    // After this turn, when the map is in its place.
    queueMicrotask(() => {
      const all = before === undefined ? [this.#ingresses, this.#endpoints] : [before, now];
      const hosts = new Set(all.flatMap((map) => [...(map?.keys() ?? [])]));
      for (const host of hosts)
        if (before === undefined || now.get(host) !== before.get(host)) this.#worker.wake(host, { patient: true });
    });
    return now;
  }

  async #reconcile(host: string): Promise<Next> {
    // The other kind's list wakes it again.
    if (this.#ingresses === undefined || this.#endpoints === undefined || this.#signal.aborted) return DONE;
    const ingress = this.#ingresses.get(host);
    const found = this.#endpoints.get(host);
    const reading = ingress && readObject(ingress);
    if (ingress === undefined || reading?.kind !== 'document') {
      if (found !== undefined)
        this.#note(host, {
          reason: 'Unknown',
          message: `${host} is not released, and cannot be read; its records stay as they are`,
        });
      return DONE;
    }
    const { document } = reading;
    if (document.kind === 'released') {
      await this.#remove(found);
      return DONE;
    }
    const note = await this.#write(document.state, found);
    await this.#say(ingress, note);
    // Nobody says when somebody else's object goes.
    return note?.reason === NAME_TAKEN ? { kind: 'again', afterMs: LOOK_AGAIN_MS } : DONE;
  }

  /** What is to be said of it; undefined: all is in the DNSEndpoint. */
  async #write(state: GlobalIngress, found: AnyObject | undefined): Promise<Note | undefined> {
    const compiled = compileEndpoints(state);
    switch (compiled.kind) {
      case 'unsupported':
        return compiled.note;
      case 'none':
        await this.#remove(found);
        return undefined;
      case 'endpoints':
        return (await this.#put(state, compiled.endpoints, found)) ?? compiled.note;
      default:
        return compiled satisfies never;
    }
  }

  async #put(
    state: GlobalIngress,
    endpoints: readonly Endpoint[],
    found: AnyObject | undefined,
  ): Promise<Note | undefined> {
    const { hub, settings } = this.#options;
    const manifest = dnsEndpointManifest(state, endpoints, settings);
    const ref = { resource: DNS_ENDPOINT, namespace: settings.namespace, name: state.host };
    const request = { fieldManager: FIELD_MANAGER, signal: this.#signal };
    let there = found;
    if (there === undefined) {
      const { kind } = await createObject(hub, ref, { ...request, manifest });
      if (kind === 'created') return undefined;
      // Somebody else's, or our own that the watch has not told of yet.
      there = await getObject(hub, ref, { signal: this.#signal });
    }
    if (there === undefined || !isOurs(there)) return takenBy(settings.namespace, state.host);
    if (isAsWritten(there, manifest)) return undefined;
    const { uid, resourceVersion } = there.metadata;
    // Of this version and no other: what somebody has made of it meanwhile is looked at first.
    const whole = { ...manifest, metadata: { ...manifest.metadata, uid, resourceVersion } };
    await applyObject(hub, ref, { ...request, manifest: whole, force: true });
    return undefined;
  }

  async #remove(found: AnyObject | undefined): Promise<void> {
    if (found === undefined || !isOurs(found)) return;
    const { namespace = '', name, uid } = found.metadata;
    await deleteObject(this.#options.hub, { resource: DNS_ENDPOINT, namespace, name }, { uid, signal: this.#signal });
  }

  /** In the log, and in a condition of the GlobalIngress. */
  async #say(ingress: AnyObject, note: Note | undefined): Promise<void> {
    const { name } = ingress.metadata;
    this.#note(name, note);
    if (hasCondition(ingress, note)) return;
    await applyObject(
      this.#options.hub,
      { resource: GLOBAL_INGRESS, name },
      {
        manifest: conditionManifest(ingress, note, new Date()),
        fieldManager: FIELD_MANAGER,
        subresource: 'status',
        force: true,
        signal: this.#signal,
      },
    );
  }

  #note(host: string, note: Note | undefined): void {
    const message = note?.message ?? '';
    if ((this.#told.get(host) ?? '') === message) return;
    this.#told.set(host, message);
    if (note !== undefined)
      this.#options.log.warn(
        { host, reason: note.reason, detail: message },
        'dnsendpoint is not all that the hostname asks for',
      );
  }
}

type Objects = ReadonlyMap<string, AnyObject>;

interface State {
  readonly objects: readonly AnyObject[];
  readonly unreachable?: KubernetesError;
}

function takenBy(namespace: string, name: string): Note {
  const message = `DNSEndpoint ${namespace}/${name} was not made by Sluice and is left alone; remove or rename it, then it is made`;
  return { reason: NAME_TAKEN, message };
}
