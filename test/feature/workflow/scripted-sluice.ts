import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { createActivities } from '../../../src/activities/index.ts';
import { signalReport } from '../../../src/activities/report.ts';
import type { SluiceClient } from '../../../src/client/client.ts';
import { createTemporalClient } from '../../../src/client/temporal-client.ts';
import { createLog } from '../../../src/lib/log.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import type { GlobalIngressStore } from '../../../src/planes/store/store.ts';
import { workflowId } from '../../../src/spec/names.ts';
import { installTemporalLog, runTemporalWorker, temporalClient } from '../../../src/worker/temporal.ts';
import type { Steering } from '../../../src/workflows/messages.ts';
import type { Status } from '../../../src/workflows/status.ts';
import { until } from '../../support/until.ts';
import type { ScriptedClusters } from './scripted-clusters.ts';
import { ScriptedPlane } from './scripted-plane.ts';

type HistoryEvents = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
/** A Temporal server, and a word for the namespace in it. */
export interface ScriptedPlace {
  readonly address: string;
  readonly name: string;
}

let started = 0;
let logging = false;

/** The workflow in a real Temporal, with real activities and store, over clusters that are scripted. */
export class ScriptedSluice {
  readonly clusters: ScriptedClusters;
  readonly store: GlobalIngressStore;
  readonly plane: ScriptedPlane;
  readonly client: SluiceClient;
  /** What the sink of the workflow told, in order. */
  readonly told: Status[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-workflow-'));
  readonly #stopping = new AbortController();
  readonly temporal: Client;
  /** Histories that are long enough to continue as new are more than gRPC takes by default. */
  readonly #archive: Client;
  #running: Promise<void> = Promise.resolve();

  private constructor(clusters: ScriptedClusters) {
    this.clusters = clusters;
    this.store = openFileStore(this.#directory);
    this.plane = new ScriptedPlane(this.store);
    this.temporal = temporalClient();
    const { namespace } = this.temporal.options;
    const address = process.env['TEMPORAL_ADDRESS'] ?? '';
    const channelArgs = { 'grpc.max_receive_message_length': -1 };
    this.#archive = new Client({ connection: Connection.lazy({ address, channelArgs }), namespace });
    this.client = createTemporalClient(this.temporal, () => this.#environment());
  }

  /** In the Temporal of the tests, in a namespace that is named after the test, when no other place is given. */
  static async start(clusters: ScriptedClusters, place?: ScriptedPlace): Promise<ScriptedSluice> {
    // Vitest is there in tests only, and what is recorded is recorded by a program.
    const { address, name } = place ?? (await import('./place-of-test.ts')).placeOfTest();
    process.env['TEMPORAL_ADDRESS'] = address;
    started += 1;
    process.env['TEMPORAL_NAMESPACE'] = `${name}-${process.pid}-${started}`;
    const log = createLog({ level: 'error', name: 'test', pretty: false });
    if (!logging) installTemporalLog(log);
    logging = true;
    const sluice = new ScriptedSluice(clusters);
    await sluice.#makeNamespace();
    const activities = createActivities({
      environment: () => sluice.#environment(),
      clusters,
      store: sluice.store,
      leaves: clusters,
      endpoints: clusters.endpoints,
      planes: [sluice.plane],
      report: signalReport(sluice.temporal, log),
    });
    sluice.#running = runTemporalWorker({
      activities,
      client: sluice.temporal,
      log,
      signal: sluice.#stopping.signal,
      onStatus: (status) => void sluice.told.push(status),
    });
    return sluice;
  }

  async apply(document: unknown, steering: Steering = {}): Promise<void> {
    await until(
      async () => {
        await this.client.apply(document, steering);
        return true;
      },
      { what: 'the document is applied' },
    );
  }

  async status(): Promise<Status> {
    return (await this.client.get('default', 'shop')).value;
  }

  async untilStatus(what: string, ok: (status: Status) => boolean): Promise<Status> {
    let last: Status | undefined;
    return await until(
      async () => {
        last = await this.status();
        return ok(last) ? last : undefined;
      },
      { what, timeoutMs: 60_000 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${last?.state}: ${last?.message}; ${JSON.stringify(last?.history)}`);
    });
  }

  untilReady(generation = 1): Promise<Status> {
    return this.untilStatus(`generation ${generation} is ready`, (status) => {
      return status.state === 'Ready' && status.generation === generation;
    });
  }

  async untilDeleted(): Promise<Status> {
    return await until(() => this.told.find(({ state }) => state === 'Deleted'), { what: 'deleted' });
  }

  /** Shares that planes were told, by cluster. */
  async published(): Promise<Record<string, number>> {
    const targets = (await this.store.get('shop.scripted.test'))?.targets ?? [];
    return Object.fromEntries(targets.map(({ cluster, share }) => [cluster, share]));
  }

  /** How long Temporal kept each run of the workflow from its first task, in ms, oldest first. */
  async backoffs(): Promise<readonly number[]> {
    const runs = await this.histories();
    return runs.map(([start]) =>
      milliseconds(start?.workflowExecutionStartedEventAttributes?.firstWorkflowTaskBackoff),
    );
  }

  /** How long the timers of this summary were to take, in ms, oldest first, over all runs. */
  async timers(summary: string): Promise<readonly number[]> {
    const events = (await this.histories()).flat();
    return events.flatMap(({ timerStartedEventAttributes: timer, userMetadata }) => {
      const data = userMetadata?.summary?.data;
      const isIt = timer && data && Buffer.from(data).toString() === JSON.stringify(summary);
      return isIt ? [milliseconds(timer.startToFireTimeout)] : [];
    });
  }

  /** What activities of this type were asked to do, oldest first, over all runs. */
  async asked(activityType: string): Promise<readonly unknown[]> {
    const events = (await this.histories()).flat();
    return events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
      const data = scheduled?.activityType?.name === activityType ? scheduled.input?.payloads?.[0]?.data : undefined;
      return data ? [JSON.parse(Buffer.from(data).toString())] : [];
    });
  }

  /** What Temporal has written down of the newest run. */
  async history(): Promise<HistoryEvents> {
    return (await this.histories()).at(-1) ?? [];
  }

  /** What Temporal has written down of each run, oldest first. */
  async histories() {
    const all: HistoryEvents[] = [];
    for (let runId: string | undefined; ; ) {
      const { events } = await this.#archive.workflow.getHandle(workflowId('default', 'shop'), runId).fetchHistory();
      all.unshift(events ?? []);
      runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
      if (runId === undefined) return all;
    }
  }

  async ttl(): Promise<number | undefined> {
    return (await this.store.get('shop.scripted.test'))?.ttlSeconds;
  }

  /** Makes the history so long that Temporal suggests to continue as new: 4 MB. */
  async lengthenHistory(): Promise<void> {
    const handle = this.temporal.workflow.getHandle(workflowId('default', 'shop'));
    const { runId } = await handle.describe();
    await this.fillHistory();
    // A worker that is slow to look must not let it grow to 50 MB, at which Temporal ends the workflow.
    const isNext = async () => {
      if ((await handle.describe()).runId !== runId) return true;
      await handle.signal('observed', { watch: 'nobody' });
      return undefined;
    };
    await until(isNext, { what: 'another run' });
  }

  /** The same, whether or not it goes on in another run. */
  async fillHistory(): Promise<void> {
    const handle = this.temporal.workflow.getHandle(workflowId('default', 'shop'));
    const waitsFor = 'x'.repeat(500_000);
    for (let signals = 0; signals < 10; signals += 1) await handle.signal('observed', { watch: 'nobody', waitsFor });
  }

  async runId(): Promise<string> {
    return (await this.temporal.workflow.getHandle(workflowId('default', 'shop')).describe()).runId;
  }

  async addresses(cluster: string): Promise<readonly string[]> {
    const state = await this.store.get('shop.scripted.test');
    return state?.targets.find((target) => target.cluster === cluster)?.addresses ?? [];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.temporal.connection.close();
    await this.#archive.connection.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #environment() {
    return { clusters: this.clusters.list(), zones: ['scripted.test'], regions: [] };
  }

  async #makeNamespace(): Promise<void> {
    const { namespace } = this.temporal.options;
    const { workflowService } = this.temporal;
    await workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 } as never,
    });
    await until(
      async () => {
        await this.temporal.workflow.count();
        return true;
      },
      { what: `Temporal namespace ${namespace}` },
    );
  }
}

function milliseconds(duration: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(duration?.seconds ?? 0) * 1000 + (duration?.nanos ?? 0) / 1e6;
}

interface Spec {
  readonly leaf?: unknown;
  readonly backends: readonly unknown[];
  readonly strategy?: unknown;
  readonly drift?: string;
  readonly deletion?: unknown;
  readonly rollout?: unknown;
  readonly dns?: unknown;
  readonly routing?: unknown;
  readonly preview?: unknown;
}

/** A document for `shop.scripted.test`. */
export function aDocument({ leaf = { kind: 'HTTPRoute', gateway: { name: 'public' } }, ...spec }: Spec): unknown {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name: 'shop', namespace: 'default' },
    spec: { host: 'shop.scripted.test', leaf, dns: { ttl: '1s' }, ...spec },
  };
}

export const V1 = { name: 'v1', cluster: 'east', service: { name: 'shop', port: 80 } };
export const V2 = { name: 'v2', cluster: 'east', service: { name: 'shop-v2', port: 80 } };
