import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { playgroundSteps, startPlayground } from '../../../playground/playground.ts';
import { silentProgress, standardProgress } from '../../../playground/progress.ts';
import { ensureTools } from '../../../playground/tools/ensure-tools.ts';
import { type PlaygroundAccess, startControl } from '../../support/playground-control.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly playground: PlaygroundAccess;
  }
}

const CLUSTERS = [
  { name: 'east', address: '127.0.0.61' },
  { name: 'west', address: '127.0.0.62' },
  { name: 'north', address: '127.0.0.63' },
];

/** Beside a playground of `npm start`: other addresses for the clusters, other ports where an address is shared. */
const PORTS = { temporal: 17_661, temporalUi: 18_661 };

/** Brings up the real parts once for the whole run: Temporal, etcd, API servers, Contour, Envoy, the demo application. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const progress = standardProgress();
  progress.expect(playgroundSteps(CLUSTERS.length));
  // A server of the developer's own must not be filled with tests.
  delete process.env['TEMPORAL_ADDRESS'];
  const playground = await startPlayground({
    directory,
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
    rmSync(directory, { recursive: true, force: true });
  };
}
