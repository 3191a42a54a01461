import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { IngressPorts } from './contour.ts';
import type { ManagedProcess, Processes } from './processes.ts';
import { answers } from './wait.ts';

export interface EnvoyOptions {
  readonly binary: string;
  /** Writes Envoy's bootstrap, since it knows best what it serves. */
  readonly contour: string;
  readonly name: string;
  readonly directory: string;
  /** A short path: that of a Unix socket may have about a hundred characters. */
  readonly adminSocket: string;
  readonly address: string;
  readonly ports: IngressPorts;
}

const BOOTSTRAP_TIMEOUT_MS = 30_000;

/** The gateway of a cluster: an Envoy that gets everything from the Contour at the same address. */
export async function startEnvoy(processes: Processes, options: EnvoyOptions): Promise<ManagedProcess> {
  const bootstrap = join(options.directory, 'envoy.json');
  await promisify(execFile)(
    options.contour,
    [
      'bootstrap',
      bootstrap,
      `--xds-address=${options.address}`,
      `--xds-port=${options.ports.xds}`,
      `--admin-address=${options.adminSocket}`,
    ],
    { timeout: BOOTSTRAP_TIMEOUT_MS },
  );
  return processes.start({
    name: `envoy-${options.name}`,
    command: options.binary,
    args: envoyArguments(bootstrap, options.name),
    // This listener comes from Contour too: when it answers, Envoy has got its configuration.
    ready: answers(`http://${options.address}:${options.ports.envoyStats}/ready`),
  });
}

function envoyArguments(bootstrap: string, name: string): readonly string[] {
  const flags = {
    '--config-path': bootstrap,
    '--service-cluster': 'playground',
    '--service-node': name,
    '--concurrency': '1',
    '--log-level': 'warn',
  };
  // For hot restart each Envoy of a machine needs a number of its own; and it does not read --name=value.
  return ['--disable-hot-restart', ...Object.entries(flags).flat()];
}
