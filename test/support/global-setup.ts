import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { playgroundSteps, startPlayground } from '../../playground/playground.ts';
import { ProcessRecords } from '../../playground/process-records.ts';
import { silentProgress, standardProgress } from '../../playground/progress.ts';
import { ensureTools } from '../../playground/tools/ensure-tools.ts';
import { DEFINITION_STEPS, ensureTestDefinitions } from '../../playground/tools/test-definitions.ts';
import { type PlaygroundAccess, startControl } from './playground-control.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly playground: PlaygroundAccess;
  }
}

/**
 * Beside a playground of `npm start`: other addresses for the clusters, other ports where an address is shared. Two runs at
 * once need two first addresses.
 */
const FIRST = Number(process.env['SLUICE_TEST_FIRST_ADDRESS'] ?? 21);
const CLUSTERS = ['east', 'west', 'north'].map((name, index) => ({ name, address: `127.0.0.${FIRST + index}` }));
const HUB = { name: 'hub', address: `127.0.0.${FIRST + CLUSTERS.length}` };
const PORTS = { temporal: 17_212 + FIRST, temporalUi: 18_212 + FIRST };

const DIRECTORY = join(import.meta.dirname, `../../.sluice/test-${FIRST}`);
const LEFTOVER_TIMEOUT_MS = 5_000;

/** Brings up the real parts once for the whole run: Temporal, etcd, API servers, Contour, Envoy, the demo application. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // What a run that was killed has left behind is ours to end.
  await new ProcessRecords(DIRECTORY).stopLeftovers(LEFTOVER_TIMEOUT_MS);
  rmSync(DIRECTORY, { recursive: true, force: true });
  const progress = standardProgress();
  progress.expect(playgroundSteps(CLUSTERS.length) + DEFINITION_STEPS);
  // A server of the developer's own must not be filled with tests.
  delete process.env['TEMPORAL_ADDRESS'];
  const playground = await startPlayground({
    directory: DIRECTORY,
    clusters: CLUSTERS,
    hub: HUB,
    ports: PORTS,
    temporalDb: 'file',
    progress,
  });
  const definitions = await ensureTestDefinitions(progress);
  progress.close();
  const { temporal, gatewayApi } = await ensureTools(silentProgress);
  const control = await startControl(playground, {
    temporalCli: temporal ?? 'temporal',
    definitions: { ...definitions, gatewayApi },
  });
  project.provide('playground', control.access);
  return async () => {
    await control.close();
    await playground.stop();
  };
}
