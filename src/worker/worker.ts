import { once } from 'node:events';
import { createActivities } from '../activities/index.ts';
import { signalReport } from '../activities/report.ts';
import { createEndpointCounter } from '../planes/leaf/endpoints.ts';
import { createLeafPlane } from '../planes/leaf/leaf-plane.ts';
import type { Status } from '../workflows/status.ts';
import { loadConfig } from './config.ts';
import { deploymentOf } from './deployment.ts';
import { type HubVoice, openHubVoice } from './hub-voice.ts';
import { createInstallation, type Installation } from './installation.ts';
import { untilStopped } from './shutdown.ts';
import { runTemporalWorker } from './temporal.ts';

/** The worker role alone: workflows and activities. Any number of them may run. */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const installation = createInstallation('worker', loadConfig(configPath));
  const voice = openHubVoice(installation);
  const worker = startWorker(installation, voice);
  await untilStopped(installation.log, async () => {
    await worker.stop();
    await voice?.close();
    await installation.close();
  });
}

export interface RunningWorker {
  /** Stops polling and resolves when running tasks have ended or were given up. */
  stop(): Promise<void>;
}

/** Statuses of the workflows that run here go to `voice`, where there is a hub. */
export function startWorker(installation: Installation, voice: HubVoice | undefined): RunningWorker {
  const { clustersKnown, config, environment, hub, log, planes, registry, store, temporal } = installation;
  const stopping = new AbortController();
  const { signal } = stopping;
  const activities = createActivities({
    environment,
    clusters: { list: () => environment().clusters, onChange: (listener) => registry.onChange(listener) },
    store,
    leaves: createLeafPlane({ registry, hub, log }),
    endpoints: createEndpointCounter({ registry }),
    planes,
    report: signalReport(temporal, log),
  });
  const deployment = deploymentOf(config, process.env);
  const onStatus = voice && { onStatus: (status: Status) => voice.statuses.write(status) };
  // A worker that does not know the clusters of the hub yet would refuse specs that name them.
  const running = Promise.race([clustersKnown, once(signal, 'abort')]).then(() =>
    runTemporalWorker({ activities, client: temporal, log, signal, deployment, ...onStatus }),
  );
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
