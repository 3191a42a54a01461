import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import type { ManagedProcess } from '../../../playground/processes.ts';
import { programsBelow } from '../kubernetes/programs.ts';
import { line } from './figures.ts';

export interface Memory {
  readonly residentMegabytes: number;
  /** The most that it ever was. */
  readonly peakMegabytes: number;
}

/** proc(5): of one process, all its threads included. */
export function memoryOf({ pid, name }: ManagedProcess): Memory {
  if (pid === undefined) throw new Error(`${name} does not run`);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // The kB of that file are 1,024 octets.
  const megabytes = (field: string) => (Number(new RegExp(`${field}:\\s+([0-9]+) kB`).exec(status)?.[1]) * 1_024) / 1e6;
  return { residentMegabytes: megabytes('VmRSS'), peakMegabytes: megabytes('VmHWM') };
}

/** CPU of each program until now, seconds; `sluice worker` apart from the other programs of Node. */
export type Cpu = ReadonlyMap<string, number>;

export function cpuOf({ pid }: ManagedProcess): Cpu {
  const programs = programsBelow(process.pid, pid ?? 0);
  return new Map(
    [...programs].map(([name, { cpuSeconds }]) => [name === 'sluice serve' ? 'worker' : name, cpuSeconds]),
  );
}

/** What each of `count` cost since then: unlike times, that does not depend on who else uses the machine. */
export function cpuLine(before: Cpu, worker: ManagedProcess, count: number): string {
  const each = [...cpuOf(worker)]
    .map(([name, seconds]) => [name, ((seconds - (before.get(name) ?? 0)) * 1_000) / count] as const)
    .filter(([, milliseconds]) => milliseconds >= 0.5)
    .sort(([, left], [, right]) => right - left);
  const words = each.map(([name, milliseconds]) => `${name} ${milliseconds.toFixed(0)} ms`).join(', ');
  return line('CPU of each, all that it takes', `${words}; load of the machine ${(loadavg()[0] ?? 0).toFixed(1)}`);
}
