import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestSluice } from './sluice.ts';

/** Everything that Sluice keeps and shows of a FederatedIngress: histories of its workflow, status, metrics, state, logs. */
export async function everythingSaid(sluice: TestSluice, name: string): Promise<string> {
  const parts = await Promise.all([
    histories(sluice, name),
    sluice.http.get('default', name).then((reading) => JSON.stringify(reading)),
    sluice.cli('get', name, '--output', 'json').then(({ stdout, stderr }) => stdout + stderr),
    sluice.fetch('/metrics').then((response) => response.text()),
  ]);
  return [...parts, sluice.log(), ...filesBelow(join(sluice.directory, 'state'))].join('\n');
}

/** Of all runs of the workflow, as they are stored and with their payloads decoded. */
async function histories(sluice: TestSluice, name: string): Promise<string> {
  const id = `federatedingress/default/${name}`;
  const { stdout } = await sluice.temporal('workflow', 'list', '--query', `WorkflowId="${id}"`, '--output', 'json');
  const runs = [...stdout.matchAll(/"runId":\s*"([^"]+)"/g)].map(([, runId]) => runId ?? '');
  const shown = await Promise.all(
    [...new Set(runs)].map(async (runId) => {
      const options = ['--workflow-id', id, '--run-id', runId, '--output', 'json', '--no-json-shorthand-payloads'];
      return (await sluice.temporal('workflow', 'show', ...options)).stdout;
    }),
  );
  const stored = shown.join('\n');
  const payloads = [...stored.matchAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => {
    return Buffer.from(data ?? '', 'base64').toString();
  });
  return [stored, ...payloads].join('\n');
}

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}
