import { fileURLToPath } from 'node:url';
import type { DemoInstance } from './demo-app.ts';
import type { ManagedProcess, Processes } from './processes.ts';
import { answers } from './wait.ts';

const MAIN = fileURLToPath(new URL('./demo-main.ts', import.meta.url));

/** Starts the demo application: one process for all clusters and versions, each on a port of its own. */
export function startDemo(processes: Processes, instances: readonly DemoInstance[]): Promise<ManagedProcess> {
  const conditions = instances.map((instance) => answers(`${demoUrl(instance)}/healthz`));
  return processes.start({
    name: 'demo',
    command: process.execPath,
    args: [MAIN, JSON.stringify(instances)],
    ready: async () => {
      const found = await Promise.all(conditions.map((condition) => condition()));
      return found.find((one) => one !== true) ?? true;
    },
  });
}

export function demoUrl({ address, port }: Pick<DemoInstance, 'address' | 'port'>): string {
  return `http://${address}:${port}`;
}
