import { ClientError } from '../../../src/client/errors.ts';
import { createEventPoster } from '../../../src/hub/events.ts';
import { createStatusWriter } from '../../../src/hub/status-writer.ts';
import { textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { Steering } from '../../../src/workflows/messages.ts';
import type { HistoryEntry, Status } from '../../../src/workflows/status.ts';
import { kubectl } from '../../support/kubectl.ts';
import { MemoryClient } from '../../support/memory-client.ts';
import { testPlayground } from '../../support/playground.ts';
import { type OpenHub, openHub, SILENT } from './open-hub.ts';

/** A client whose statuses say which object of the hub they come from, as those of workflows do. */
export class HubClient extends MemoryClient {
  /** Whether a deletion is over at once; else it goes on until `remove`. */
  drainsAtOnce = true;
  /** What steering is refused with while it is set. */
  refusal: string | undefined;

  override async apply(document: unknown, steering: Steering) {
    const result = await super.apply(document, steering);
    const key = keyOf(document);
    const status = this.statuses.get(key);
    if (status === undefined || steering.source === undefined) return result;
    const applied = historyEntry('Applied', `generation ${result.generation}`);
    this.put({ ...status, source: steering.source, history: [...status.history, applied] });
    return result;
  }

  override async steer(...args: Parameters<MemoryClient['steer']>) {
    if (this.refusal !== undefined) throw new ClientError('refused', this.refusal);
    const result = await super.steer(...args);
    const [verb, namespace, name] = args;
    if (verb === 'delete' && this.drainsAtOnce) this.remove(namespace, name);
    return result;
  }

  change(key: string, fields: Partial<Status>): Status {
    const status = this.statuses.get(key);
    if (status === undefined) throw new Error(`there is no ${key}`);
    const changed = { ...status, ...fields };
    this.put(changed);
    return changed;
  }
}

export function historyEntry(action: string, message: string, number = 1): HistoryEntry {
  return { number, at: new Date().toISOString(), actor: 'hub', action, message };
}

function keyOf(document: unknown): string {
  return `${textAt(document, 'metadata', 'namespace') ?? 'default'}/${textAt(document, 'metadata', 'name') ?? ''}`;
}

/** The parts of one hub process, with the rights that `sluice install` gives. */
export interface Scene extends OpenHub {
  readonly client: HubClient;
  readonly events: ReturnType<typeof createEventPoster>;
  readonly writer: ReturnType<typeof createStatusWriter>;
  /** Starts a controller; it ends with the scene, or with the result. */
  run(controller: (signal: AbortSignal) => Promise<void>): () => Promise<void>;
  end(): Promise<void>;
}

export function aScene(client = new HubClient(), kubeconfig?: string): Scene {
  const opened = openHub(kubeconfig);
  const { hub } = opened;
  const events = createEventPoster({ hub, log: SILENT });
  const writer = createStatusWriter({ hub, log: SILENT, events });
  const stops: (() => Promise<void>)[] = [];
  return {
    ...opened,
    client,
    events,
    writer,
    run(controller) {
      const stopping = new AbortController();
      const running = controller(stopping.signal);
      const stop = async (): Promise<void> => {
        stopping.abort();
        await running;
      };
      stops.push(stop);
      return stop;
    },
    async end() {
      for (const stop of stops) await stop();
      await writer.close();
      await events.close();
      opened.close();
    },
  };
}

/** kubectl as the admin of the hub, in namespace default; fails with what it says. */
export async function asAdmin(args: readonly string[], input?: unknown): Promise<string> {
  const options = { kubeconfig: testPlayground().hub.adminKubeconfig };
  const text = input === undefined ? {} : { input: JSON.stringify(input) };
  const { code, stdout, stderr } = await kubectl(args, { ...options, ...text });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

export function aDocument(name: string, spec: object = {}): object {
  const backend = { name: 'v1', cluster: 'east', service: { name: 'shop', port: 80 } };
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name, namespace: 'default' },
    spec: { host: `${name}.example.test`, leaf: { kind: 'Ingress' }, backends: [backend], ...spec },
  };
}
