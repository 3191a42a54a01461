import { parseArgs } from 'node:util';
import { createHttpClient } from '../../src/client/http/http-client.ts';
import type { Status } from '../../src/workflows/status.ts';
import { Dig } from '../support/dig.ts';
import { aFederatedIngress, type DocumentBackend, V1_EAST, V2_WEST } from '../support/documents.ts';
import { until } from '../support/until.ts';

/**
 * `npm run bench:promote`: from the moment that `promote` is answered to the first changed DNS answer, against a running
 * `npm start`. Moves one hostname to and fro, one promotion a round. Prints milliseconds.
 */
const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'http://127.0.0.1:8080' },
    dns: { type: 'string', default: '127.0.0.1:5300' },
    zone: { type: 'string', default: 'example.test' },
    rounds: { type: 'string', default: '50' },
  },
});

const NAME = 'bench-promote';
const host = `${NAME}.${values.zone}`;
const client = createHttpClient({ server: values.server });
const dig = await Dig.at(values.dns);

function apply(backend: DocumentBackend): Promise<unknown> {
  const strategy = { blueGreen: { hold: {} } };
  return client.apply(aFederatedIngress({ name: NAME, host, backends: [backend], strategy }), {});
}

function untilState(state: Status['state']): Promise<Status> {
  const look = async (): Promise<Status | undefined> => {
    const { value } = await client.get('default', NAME);
    return value.state === state ? value : undefined;
  };
  return until(look, { what: `${NAME} is ${state}` });
}

/** Milliseconds from the answer to `promote` to the first answer that is another one than before. */
async function measure(backend: DocumentBackend): Promise<{ readonly called: number; readonly changed: number }> {
  await apply(backend);
  await untilState('Paused');
  const before = (await dig.ask(host)).values.join();
  const calledAt = performance.now();
  const promoted = client.steer('promote', 'default', NAME, {}).then(() => performance.now());
  let changedAt: number | undefined;
  while (changedAt === undefined) if ((await dig.ask(host)).values.join() !== before) changedAt = performance.now();
  const answeredAt = await promoted;
  await untilState('Ready');
  return { called: changedAt - calledAt, changed: Math.max(0, changedAt - answeredAt) };
}

function percentile(numbers: readonly number[], percent: number): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
  return (value ?? Number.NaN).toFixed(1);
}

function print(what: string, numbers: readonly number[]): void {
  console.log(`${what}: p50 ${percentile(numbers, 50)} ms, p99 ${percentile(numbers, 99)} ms, n=${numbers.length}`);
}

await apply(V1_EAST).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
await untilState('Ready');
const results: { readonly called: number; readonly changed: number }[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  results.push(await measure(round % 2 === 0 ? V2_WEST : V1_EAST));
}
print(
  'promote answered -> first changed dig answer',
  results.map(({ changed }) => changed),
);
print(
  'promote sent     -> first changed dig answer',
  results.map(({ called }) => called),
);
await client.steer('delete', 'default', NAME, {});
dig.close();
