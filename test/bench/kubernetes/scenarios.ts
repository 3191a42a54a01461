import { setTimeout as delay } from 'node:timers/promises';
import { flipLabel, moveGateway } from './changes.ts';
import type { BenchIngress } from './documents.ts';
import { type Passage, remove, submit, type Work } from './doors.ts';
import { readHistories } from './history.ts';
import { Meter, type Reading } from './meter.ts';
import type { BenchOptions, Door } from './options.ts';
import { MEMBERS } from './places.ts';
import { type Apiece, seconds, spread, usage } from './report.ts';
import { writeRaw } from './rival.ts';

/** What a run needs to go on, and where its figures go. */
export interface Bench extends Work {
  readonly options: BenchOptions;
  readonly print: (line: string) => void;
}

/** Plays everything once, and prints the figures as they come. */
export async function playAll(bench: Bench): Promise<void> {
  const { options, print } = bench;
  const meter = new Meter(bench.installation);
  const raw = await writeRaw(bench);
  print(`kubectl apply --server-side of the ${raw.objects} leaves alone, from one file a cluster`);
  print(
    `    applied in ${seconds(raw.appliedMs)}, with addresses in ${seconds(raw.totalMs)}, deleted in ${seconds(raw.removedMs)}`,
  );
  for (const [index, door] of options.doors.entries()) {
    const submitted = await playSubmission(bench, meter, door);
    print(`    against     ${(submitted.totalMs / raw.totalMs).toFixed(2)} times as long as kubectl`);
    if (index === 0) await playLife(bench, meter, door);
    await playRemoval(bench, meter, door);
  }
}

async function playSubmission(bench: Bench, meter: Meter, door: Door): Promise<Passage> {
  const { ingresses, installation, print } = bench;
  const { result, lines } = await measured(meter, () => submit(door, bench), apiece(ingresses));
  print(`${ingresses.length} submitted by ${door}: all Ready in ${seconds(result.totalMs)}`);
  print(
    `    each        ${spread(result.eachMs ?? [])} from its submission${door === 'http' ? ' to its publication' : ''}`,
  );
  print(`    submitting  ${seconds(result.requestedMs)}`);
  for (const line of lines) print(line);
  const { events, runs } = await readHistories(installation.temporal, ingresses);
  print(`    history     ${events.toFixed(1)} events in ${runs.toFixed(1)} runs each`);
  return result;
}

/** What goes on while they are there: nothing, a label, an address. */
async function playLife(bench: Bench, meter: Meter, door: Door): Promise<void> {
  const { ingresses, options, print, show } = bench;
  show(`idle for ${options.idleSeconds} s`);
  // What the burst has left behind comes to its end first.
  await delay(5_000);
  const idle = await measured(meter, () => delay(options.idleSeconds * 1_000), undefined);
  print(`idle for ${options.idleSeconds} s`);
  for (const line of idle.lines) print(line);
  if (door !== 'hub') return;
  const flipped = await measured(meter, () => flipLabel(bench), undefined);
  const expected = ingresses.filter(({ isFlipped }) => isFlipped).length;
  const { replanned, wrong } = flipped.result;
  print(`a label of one cluster changes: ${expected} are served there as well in ${seconds(flipped.result.totalMs)}`);
  print(`    each        ${spread(flipped.result.eachMs)} from the change of the label`);
  print(
    `    planned     ${replanned} anew, wanted ${expected}${wrong.length > 0 ? `; WRONG: ${wrong.slice(0, 5).join(', ')}` : ''}`,
  );
  for (const line of flipped.lines) print(line);
  const moved = await measured(meter, () => moveGateway(bench), undefined);
  const { eachMs, totalMs, writtenMs } = moved.result;
  print(
    `the gateway of one cluster gets another address: ${eachMs.length} GlobalIngresses have it in ${seconds(totalMs)}`,
  );
  print(
    `    each        ${spread(eachMs)} from its Ingress's status to its GlobalIngress; statuses were written in ${seconds(writtenMs)}`,
  );
  for (const line of moved.lines) print(line);
}

async function playRemoval(bench: Bench, meter: Meter, door: Door): Promise<void> {
  const { ingresses, print } = bench;
  const { result, lines } = await measured(meter, () => remove(door, bench), apiece(ingresses));
  print(`${ingresses.length} deleted by ${door}: all gone in ${seconds(result.totalMs)}`);
  if (result.eachMs) print(`    each        ${spread(result.eachMs)} from its deletion`);
  for (const line of lines) print(line);
}

async function measured<T>(
  meter: Meter,
  act: () => Promise<T>,
  each: Apiece | undefined,
): Promise<{ readonly result: T; readonly lines: readonly string[] }> {
  const before: Reading = await meter.read();
  try {
    const result = await act();
    return { result, lines: usage(before, await meter.read(), each) };
  } catch (error) {
    // What was used until it stuck tells why.
    const lines = usage(before, await meter.read(), each).join('\n');
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lines}`, { cause: error });
  }
}

function apiece(ingresses: readonly BenchIngress[]): Apiece {
  const leaves = MEMBERS.map(({ name }) => [name, ingresses.filter(({ clusters }) => clusters.includes(name)).length]);
  return { objects: ingresses.length, leaves: Object.fromEntries(leaves) };
}
