import { setTimeout as delay } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, type InjectedSinks, type LogEntry, NativeConnection, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../activities/types.ts';
import { TASK_QUEUE } from '../spec/names.ts';
import type { StatusSinks } from '../workflows/sinks.ts';
import type { Status } from '../workflows/status.ts';
import { type Deployment, versioned } from './deployment.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { UnwatchedWorker } from './unwatched-worker.ts';
import { workflowBundle } from './workflow-code/bundle.ts';

/**
 * A caller is better served by "not now" within a second than by silence until the deadline; and a server that is back
 * should be noticed at once, not after the two minutes that a gRPC channel may wait by default.
 */
const FAIL_FAST = {
  interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 4 }))],
  channelArgs: { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 },
};

/** A client that connects when it is first used, and again whenever it has to. Settings: TEMPORAL_*, as the Temporal CLI reads them. */
export function temporalClient(): Client {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return new Client({
    connection: Connection.lazy({ ...connectionOptions, ...FAIL_FAST }),
    namespace: namespace ?? 'default',
    // A closed workflow would answer as if it were still there.
    workflow: { queryRejectCondition: 'NOT_OPEN' },
  });
}

/** Sends what the SDK and its core log into our log. Call once, before anything else of the SDK. */
export function installTemporalLog(log: Logger): void {
  const logger = new DefaultLogger('WARN', (entry) => forward(log, entry));
  Runtime.install({
    logger,
    // Signals are ours (shutdown.ts): the SDK would shut the worker down a second time.
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

function forward(log: Logger, { level, message, meta }: LogEntry): void {
  const fields = { temporal: meta };
  if (level === 'ERROR') log.error(fields, message);
  else if (level === 'WARN') log.warn(fields, message);
  else log.debug(fields, message);
}

export interface TemporalWorkerOptions {
  readonly activities: Activities;
  readonly client: Client;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /**
   * Hears of each change of a status whose workflow runs in this worker, in order; never again of an old one. Not told:
   * what changed while no worker ran.
   */
  readonly onStatus?: (status: Status) => void;
  /** Then it gets tasks only while this build is current, or ramping. */
  readonly deployment?: Deployment | undefined;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/**
 * Works on the task queue until `signal` aborts. The SDK's first connection does not try again by itself, and a worker
 * that has failed stays so: both are begun anew, with a growing delay.
 */
export async function runTemporalWorker(options: TemporalWorkerOptions): Promise<void> {
  const { log, signal } = options;
  spareMemory();
  for (let wait = FIRST_DELAY_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_DELAY_MS)) {
    try {
      await workOnce(options);
    } catch (error) {
      log.warn({ err: error, retryInMilliseconds: wait }, 'temporal worker cannot work');
    }
    if (!signal.aborted) await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}

async function workOnce(options: TemporalWorkerOptions): Promise<void> {
  const { activities, client, log, signal, onStatus, deployment } = options;
  const { connectionOptions } = loadClientConnectConfig();
  const { namespace } = client.options;
  const code = await workflowBundle({ log, signal });
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    await registerSearchAttributes(client);
    const worker = await UnwatchedWorker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      workflowBundle: { code },
      ...(deployment === undefined ? {} : { workerDeploymentOptions: versioned(deployment) }),
      activities,
      sinks: statusSinks(onStatus),
      maxCachedWorkflows: cachedWorkflows(getHeapStatistics().heap_size_limit),
      // How long tasks and queries wait for a worker that was killed before another one gets them, and for one that is busy
      // before they are given out again with the whole history: in a burst that makes more work, and more of them late.
      stickyQueueScheduleToStartTimeout: '2s',
      // In a burst they wait here, where that time is over.
      maxConcurrentWorkflowTaskExecutions: 250,
      maxConcurrentWorkflowTaskPolls: 20,
      maxConcurrentActivityTaskExecutions: 5_000,
      // Activities heartbeat as seldom as it should be; what they want to be told at once is not held back.
      maxHeartbeatThrottleInterval: '250ms',
      shutdownGraceTime: '2s',
      // Longer than any activity needs to notice its cancellation.
      shutdownForceTime: '5s',
    });
    const stop = (): void => worker.shutdown();
    signal.addEventListener('abort', stop, { once: true });
    const ended = worker.run().finally(() => signal.removeEventListener('abort', stop));
    // One that was made lets go of its connection only by having run, however shortly.
    if (signal.aborted) stop();
    else log.info({ namespace, taskQueue: TASK_QUEUE, deployment }, 'temporal worker polls');
    await ended;
  } finally {
    await connection.close();
  }
}

const MIB = 2 ** 20;
/** What one costs in the heap of the thread that has the cache, measured. */
const CACHED_WORKFLOW_BYTES = 0.15 * MIB;
/** For everything else in that heap, which has the same limit as ours. */
const OTHER_BYTES = 200 * MIB;
/** Outside of the heap each costs as much again, in the core of the SDK. */
const MOST_CACHED = 260;

/**
 * How many workflows stay in memory. One that is not has its history read and replayed when something happens to it, so those
 * that roll out at once should fit; of idle ones the history is a few events. A cache that overflows its heap ends the worker.
 */
export function cachedWorkflows(heapLimitBytes: number): number {
  const room = Math.floor((heapLimitBytes - OTHER_BYTES) / CACHED_WORKFLOW_BYTES);
  return Math.min(MOST_CACHED, Math.max(50, room));
}

/** Of either half of the young generation: what one task leaves behind does not grow old in it. */
const SEMI_SPACE_MIB = 8;
const POOL_BYTES = 8_192;

/**
 * A thousand idle FederatedIngresses should fit a few hundred MiB; Node would rather have more garbage than collect it. The young
 * generation grows to 130 MiB a thread: bin.mjs limits it in this one, and the thread of workflows begins with what it keeps.
 * And the small pieces of bytes that each running activity holds on to would keep a pool of 64 KiB each.
 */
function spareMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MIB}`);
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
  Buffer.poolSize = POOL_BYTES;
}

function statusSinks(onStatus: (status: Status) => void = () => undefined): InjectedSinks<StatusSinks> {
  return { status: { changed: { fn: (_info, status: Status) => onStatus(status), callDuringReplay: false } } };
}
