import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createTemporalClient } from '../client/temporal-client.ts';
import { runHub } from '../hub/run.ts';
import { runCloudController } from '../planes/cloud/controller.ts';
import { ConfigError, loadConfig } from './config.ts';
import { type HubVoice, openHubVoice } from './hub-voice.ts';
import { createInstallation, type Installation } from './installation.ts';
import { untilStopped } from './shutdown.ts';

/** The hub role alone. Any number of them may run; one of them acts, and another one when that is gone. */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const config = loadConfig(configPath);
  if (config.hub === undefined)
    throw new ConfigError(`${configPath} has no hub; write hub: { kubeconfig: ./hub.kubeconfig }`);
  const installation = createInstallation('hub', config);
  const voice = openHubVoice(installation);
  const running = startHub(installation, voice);
  await untilStopped(installation.log, async () => {
    await running.stop();
    await voice?.close();
    await installation.close();
  });
}

/** Starts the work that objects of the hub ask for; nothing where there is no hub. */
export function startHub(installation: Installation, voice: HubVoice | undefined): { stop(): Promise<void> } {
  const { config, environment, hub, log, registry, store, temporal } = installation;
  if (hub === undefined || config.hub === undefined || voice === undefined) return { stop: () => Promise.resolve() };
  const stopping = new AbortController();
  const { namespace, dnsEndpoints } = config.hub;
  const identity = `${hostname()}/${randomUUID()}`;
  const running = runHub(
    {
      hub,
      registry,
      client: createTemporalClient(temporal, environment),
      log,
      settings: { namespace, identity, ...(dnsEndpoints && { dnsEndpoints }) },
      events: voice.events,
      onStatus: (status) => voice.statuses.write(status),
      controllers: [(signal) => runCloudController({ hub, registry, store, namespace, log }, signal)],
    },
    stopping.signal,
  );
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
