import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): times are in clock ticks, which Linux shows to programs as 100 a second whatever the kernel uses. */
const MICROSECONDS_PER_TICK = 10_000;
const PAGE_OCTETS = 4_096;

/** What a process group has used: the leader, its threads, and its children that are still there. */
export interface Usage {
  /** User and system time, microseconds. */
  readonly cpuMicroseconds: number;
  /** Resident memory; what processes share counts for each of them. */
  readonly residentMebibytes: number;
  readonly processes: number;
}

/** Reads /proc for the group that `leader` leads. */
export function groupUsage(leader: number): Usage {
  const members = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => readStat(name))
    .filter(({ group }) => group === leader);
  const total = (read: (member: ProcessStat) => number) => members.reduce((sum, member) => sum + read(member), 0);
  return {
    cpuMicroseconds: total(({ ticks }) => ticks) * MICROSECONDS_PER_TICK,
    residentMebibytes: (total(({ pages }) => pages) * PAGE_OCTETS) / 2 ** 20,
    processes: members.length,
  };
}

interface ProcessStat {
  readonly group: number;
  readonly ticks: number;
  readonly pages: number;
}

function readStat(pid: string): readonly ProcessStat[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold spaces, so that counting begins behind it, with field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    return [{ group: field(5), ticks: field(14) + field(15), pages: field(24) }];
  } catch {
    return []; // it ended between the listing and now
  }
}
