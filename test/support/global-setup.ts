import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { playgroundSteps, startPlayground } from '../../playground/playground.ts';
import { ProcessRecords } from '../../playground/process-records.ts';
import { silentProgress, standardProgress } from '../../playground/progress.ts';
import { ensureTools } from '../../playground/tools/ensure-tools.ts';
import { type PlaygroundAccess, startControl } from './playground-control.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly playground: PlaygroundAccess;
  }
}

const CLUSTERS = [
  { name: 'east', address: '127.0.0.21' },
  { name: 'west', address: '127.0.0.22' },
  { name: 'north', address: '127.0.0.23' },
];

/** Beside a playground of `npm start`: other addresses for the clusters, other ports where an address is shared. */
const PORTS = { temporal: 17_233, temporalUi: 18_233 };

const DIRECTORY = join(import.meta.dirname, '../../.sluice/test');
const LEFTOVER_TIMEOUT_MS = 5_000;

/** Brings up the real parts once for the whole run: Temporal, etcd, API servers, Contour, Envoy, the demo application. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // What a run that was killed has left behind is ours to end.
  await new ProcessRecords(DIRECTORY).stopLeftovers(LEFTOVER_TIMEOUT_MS);
  rmSync(DIRECTORY, { recursive: true, force: true });
  const progress = standardProgress();
  progress.expect(playgroundSteps(CLUSTERS.length));
  // A server of the developer's own must not be filled with tests.
  delete process.env['TEMPORAL_ADDRESS'];
  const playground = await startPlayground({
    directory: DIRECTORY,
    clusters: CLUSTERS,
    ports: PORTS,
    temporalDb: 'file',
    progress,
  });
  progress.close();
  const { temporal } = await ensureTools(silentProgress);
  const control = await startControl(playground, temporal ?? 'temporal');
  project.provide('playground', control.access);
  return async () => {
    await control.close();
    await playground.stop();
  };
}
