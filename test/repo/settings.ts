import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Config, loadConfig } from '../../src/worker/config.ts';

/** An empty folder, removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-repo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What a sluice.yaml of this text comes to; paths are relative to its folder, as they were written. */
export function settingsOf(text: string): Config {
  const file = join(temporaryFolder(), 'sluice.yaml');
  writeFileSync(file, text);
  const config: Config = JSON.parse(JSON.stringify(loadConfig(file)).replaceAll(`${dirname(file)}/`, ''));
  return config;
}

/** The settings of a file that says nothing but what it must. */
export function defaultSettings(): Config {
  return settingsOf('{ zones: [example.test], clusters: [{ name: east, kubeconfig: east.kubeconfig }] }');
}
