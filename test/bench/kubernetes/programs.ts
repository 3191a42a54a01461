import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): times are in clock ticks, which Linux shows to programs as 100 a second whatever the kernel uses. */
const TICKS_PER_SECOND = 100;
const PAGE_OCTETS = 4_096;

export interface ProcessUsage {
  /** User and system time of all threads, seconds. */
  readonly cpuSeconds: number;
  /** Time in which threads could have run and no processor was free, seconds: what other work on the machine costs. */
  readonly waitedSeconds: number;
  readonly residentMebibytes: number;
}

interface ProcessStat extends ProcessUsage {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The programs that a process has started, added up by name; what is below `serve` is `sluice dns`. */
export function programsBelow(root: number, serve: number): ReadonlyMap<string, ProcessUsage> {
  const all = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap(readStat);
  const found = new Map<string, ProcessUsage>();
  const visit = (pid: number, name: string | undefined): void => {
    for (const one of all.filter(({ parent }) => parent === pid)) {
      const own = name ?? (one.pid === serve ? 'sluice serve' : one.command);
      const before = found.get(own) ?? { cpuSeconds: 0, waitedSeconds: 0, residentMebibytes: 0 };
      found.set(own, {
        cpuSeconds: before.cpuSeconds + one.cpuSeconds,
        waitedSeconds: before.waitedSeconds + waitedSeconds(one.pid),
        residentMebibytes: before.residentMebibytes + one.residentMebibytes,
      });
      visit(one.pid, one.pid === serve ? 'sluice dns' : name);
    }
  };
  visit(root, undefined);
  const own = all.find(({ pid }) => pid === root);
  if (own) found.set('bench', own);
  return found;
}

function readStat(pid: string): readonly ProcessStat[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    // Behind the name in brackets, which may hold spaces, field 3 comes first.
    const fields = stat.slice(end + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    return [
      {
        pid: Number(pid),
        parent: field(4),
        command: stat.slice(stat.indexOf('(') + 1, end),
        cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
        // Asked only of those that are shown.
        waitedSeconds: 0,
        residentMebibytes: (field(24) * PAGE_OCTETS) / 2 ** 20,
      },
    ];
  } catch {
    return []; // it ended between the listing and now
  }
}

/** Linux: the second number of schedstat is the time in the run queue, nanoseconds. */
function waitedSeconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const waited = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[1]));
    return waited.reduce((sum, one) => sum + one, 0) / 1e9;
  } catch {
    return 0; // it, or a thread of it, has ended
  }
}
