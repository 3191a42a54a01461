import { abortAll, applyAll, away, type Bench, promoteAll, untilAll } from './drive.ts';
import { linesOf } from './latencies.ts';
import { cpuLine, cpuOf } from './usage.ts';

/** Each is to have its effect within this time, milliseconds. */
const BARS = { p99: 2_000 } as const;

/** Names of the crowd; those with small numbers are used first. */
export function crowdNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `crowd-${String(index).padStart(5, '0')}`);
}

/** Submits those of the crowd that are not there yet, and waits until all are Ready. */
export async function gather(bench: Bench, count: number): Promise<void> {
  const missing = crowdNames(count).filter((name) => !bench.crowd.has(name));
  for (const name of missing) bench.crowd.set(name, 'east');
  await applyAll(bench, new Map(missing.map((name) => [name, 'east'])), { strategy: 'hold', state: 'Ready' });
}

export async function playAtOnce(bench: Bench): Promise<void> {
  const { options, print } = bench;
  const names = crowdNames(options.atOnce);
  await gather(bench, options.atOnce);
  const to = away(bench, names);
  await applyAll(bench, to, { strategy: 'hold', state: 'Paused' });
  const { worker } = bench.installation;
  const promoting = cpuOf(worker);
  const promoted = await promoteAll(bench, to);
  const promotedCost = cpuLine(promoting, worker, names.length);
  for (const [name, side] of to) bench.crowd.set(name, side);
  await untilAll(bench, names, 'Ready');
  print(`${names.length} promoted at once`);
  for (const line of linesOf(promoted, { last: BARS })) print(line);
  print(promotedCost);
  const rising = away(bench, names);
  await applyAll(bench, rising, { strategy: 'half', state: 'Paused' });
  const aborting = cpuOf(worker);
  const aborted = await abortAll(bench, rising);
  const abortedCost = cpuLine(aborting, worker, names.length);
  await untilAll(bench, names, 'RolledBack');
  print(`${names.length} aborted at once`);
  for (const line of linesOf(aborted, { last: BARS })) print(line);
  print(abortedCost);
  // Idle, as the rest of the crowd.
  await applyAll(bench, new Map(names.map((name) => [name, bench.crowd.get(name) ?? 'east'])), {
    strategy: 'hold',
    state: 'Ready',
  });
}
