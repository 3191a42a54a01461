import { resolve } from 'node:path';
import { run } from './output.ts';
import { testPlayground } from './playground.ts';

const BIN = resolve(import.meta.dirname, '../../src/cli/bin.mjs');

/** `sluice install` into the hub of the playground, for the user that Sluice is there; again changes nothing. */
export async function installHub(): Promise<void> {
  const { name, adminKubeconfig } = testPlayground().hub;
  const args = ['--hub-context', name, '--kubeconfig', adminKubeconfig, '--user', 'sluice'];
  const { code, stderr } = await run(process.execPath, [BIN, 'install', ...args]);
  if (code !== 0) throw new Error(`sluice install ended with ${code}: ${stderr}`);
}
