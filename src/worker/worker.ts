import { createActivities } from '../activities/index.ts';
import { signalReport } from '../activities/report.ts';
import { createLeafPlane } from '../planes/leaf/leaf-plane.ts';
import { loadConfig } from './config.ts';
import { createInstallation, type Installation } from './installation.ts';
import { untilStopped } from './shutdown.ts';
import { runTemporalWorker } from './temporal.ts';

/** The worker role alone: workflows and activities. Any number of them may run. */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const installation = createInstallation('worker', loadConfig(configPath));
  const worker = startWorker(installation);
  await untilStopped(installation.log, () => worker.stop());
}

export interface RunningWorker {
  /** Stops polling and resolves when running tasks have ended or were given up. */
  stop(): Promise<void>;
}

export function startWorker({ clusters, environment, log, planes, store, temporal }: Installation): RunningWorker {
  const stopping = new AbortController();
  const activities = createActivities({
    environment,
    store,
    leaves: createLeafPlane({ clusters, log }),
    planes,
    report: signalReport(temporal, log),
  });
  const running = runTemporalWorker({ activities, client: temporal, log, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
