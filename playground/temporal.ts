import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { ManagedProcess, Processes } from './processes.ts';
import { reasonOf } from './wait.ts';

export interface TemporalOptions {
  readonly binary: string;
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  readonly uiPort: number;
  /** `file` keeps workflows over a restart. */
  readonly database: 'file' | 'memory';
}

/**
 * Dynamic configuration that makes the dev server fit for one busy user: by default its queues are polled 20 times a second,
 * which costs 50 ms a hop, and tasks get stranded for 2 s in a partition of the task queue that nobody polls at the moment.
 * Eager: a worker gets an activity with the answer to the task that asks for it, not by way of the task queue.
 */
const DYNAMIC_CONFIG = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'history.transferProcessorMaxPollRPS': 1_000,
  'history.timerProcessorMaxPollRPS': 1_000,
  'history.visibilityProcessorMaxPollRPS': 1_000,
  'system.enableActivityEagerExecution': true,
} as const;

/** A Temporal dev server with its UI. */
export function startTemporal(processes: Processes, options: TemporalOptions): Promise<ManagedProcess> {
  const { binary, directory, address, port, uiPort, database } = options;
  return processes.start({
    name: 'temporal',
    command: binary,
    args: [
      'server',
      'start-dev',
      `--ip=${address}`,
      `--port=${port}`,
      `--ui-port=${uiPort}`,
      '--log-level=warn',
      ...(database === 'file' ? [`--db-filename=${join(directory, 'temporal.db')}`] : []),
      ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ],
    // The server that is meant here, whatever the shell has in TEMPORAL_ADDRESS for the CLI.
    environment: { TEMPORAL_ADDRESS: `${address}:${port}` },
    ready: () => temporalHealth(`${address}:${port}`),
  });
}

/** `SERVING` of grpc.health.v1.HealthCheckResponse. */
const SERVING: number = 1;

/** True when the frontend says that it serves: its port is open up to 70 ms before that. */
export async function temporalHealth(address: string): Promise<true | string> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: '2s' });
    try {
      const service = 'temporal.api.workflowservice.v1.WorkflowService';
      const { status } = await connection.withDeadline(Date.now() + 2_000, () =>
        connection.healthService.check({ service }),
      );
      return status.valueOf() === SERVING ? true : `Temporal at ${address} does not serve yet`;
    } finally {
      await connection.close();
    }
  } catch (error) {
    return `Temporal at ${address}: ${reasonOf(error)}`;
  }
}
