import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): times are in clock ticks, which Linux shows to programs as 100 a second whatever the kernel uses. */
const MICROSECONDS_PER_TICK = 10_000;
const PAGE_OCTETS = 4_096;

/** What a process and all that it has started have used, as far as they still run. */
export interface Usage {
  /** User and system time of all threads, microseconds. */
  readonly cpuMicroseconds: number;
  /** Resident memory; what processes share counts for each of them. */
  readonly residentMebibytes: number;
}

/** Reads /proc for a process and its descendants, whatever groups and sessions they have made for themselves. */
export function treeUsage(root: number): Usage {
  const tree = processTree(root);
  const total = (read: (member: ProcessStat) => number) => tree.reduce((sum, member) => sum + read(member), 0);
  return {
    cpuMicroseconds: total(({ ticks }) => ticks) * MICROSECONDS_PER_TICK,
    residentMebibytes: (total(({ pages }) => pages) * PAGE_OCTETS) / 2 ** 20,
  };
}

/** Kills a process and all its descendants at once, those in groups of their own too. */
export function killTree(root: number): void {
  for (const { pid } of processTree(root)) process.kill(pid, 'SIGKILL');
}

function processTree(root: number): readonly ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => readStat(name));
  const tree = all.filter(({ pid }) => pid === root);
  // Grows while it is walked.
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly pages: number;
}

function readStat(pid: string): readonly ProcessStat[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold spaces, so that counting begins behind it, with field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    return [{ pid: Number(pid), parent: field(4), ticks: field(14) + field(15), pages: field(24) }];
  } catch {
    return []; // it ended between the listing and now
  }
}
