import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from './wait.ts';

/**
 * Who a process is beyond its id, which the system gives to another process later: the boot and the moment of its start.
 * Undefined when there is no such process.
 */
export function processIdentity(pid: number): string | undefined {
  return existsSync('/proc/self/stat') ? identityFromProc(pid) : identityFromPs(pid);
}

function identityFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the second field is the name in brackets and may hold spaces; state is field 3, start time in ticks field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[19]}`;
  } catch {
    return undefined; // no such process
  }
}

function identityFromPs(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : started;
  } catch {
    return undefined; // ps ends with 1 when there is no such process
  }
}

interface ProcessRecord {
  readonly pid: number;
  readonly identity: string;
  readonly stopLast: boolean;
}

interface NamedRecord extends ProcessRecord {
  readonly name: string;
}

/** What a playground writes down about its processes, so that the next one can stop what a killed one left behind. */
export class ProcessRecords {
  private readonly directory: string;
  private readonly ownerFile: string;

  constructor(directory: string) {
    this.ownerFile = join(directory, 'playground.json');
    this.directory = join(directory, 'processes');
    mkdirSync(this.directory, { recursive: true });
  }

  add(name: string, pid: number, { stopLast }: { readonly stopLast: boolean }): void {
    writeRecord(this.file(name), { pid, stopLast });
  }

  remove(name: string): void {
    rmSync(this.file(name), { force: true });
  }

  /** Makes this process the owner of the directory; the id of another process that already is, and still runs, otherwise. */
  claim(): number | undefined {
    const owner = readRecord(this.ownerFile);
    if (owner !== undefined && owner.pid !== process.pid && isAlive(owner)) return owner.pid;
    writeRecord(this.ownerFile, { pid: process.pid, stopLast: false });
    return undefined;
  }

  release(): void {
    if (readRecord(this.ownerFile)?.pid === process.pid) rmSync(this.ownerFile, { force: true });
  }

  /** Stops the recorded processes that still run, with their groups, and tells their names; storage is stopped last. */
  async stopLeftovers(deadlineMs: number): Promise<readonly string[]> {
    const leftovers = this.living();
    await stopRecorded(
      leftovers.filter(({ stopLast }) => !stopLast),
      deadlineMs,
    );
    await stopRecorded(
      leftovers.filter(({ stopLast }) => stopLast),
      deadlineMs,
    );
    for (const name of this.names()) this.remove(name);
    return leftovers.map(({ name }) => name);
  }

  private living(): readonly NamedRecord[] {
    return this.names()
      .map((name) => ({ name, ...readRecord(this.file(name)) }))
      .filter((record): record is NamedRecord => record.pid !== undefined && record.identity !== undefined)
      .filter(isAlive);
  }

  private names(): readonly string[] {
    return readdirSync(this.directory)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  }

  private file(name: string): string {
    return join(this.directory, `${name}.json`);
  }
}

/** How long the system may take to clear away a process that was killed, milliseconds. */
const KILL_TIMEOUT_MS = 2_000;

async function stopRecorded(records: readonly ProcessRecord[], deadlineMs: number): Promise<void> {
  const allGone = async (): Promise<true | string> => (records.some(isAlive) ? 'some still run' : true);
  for (const { pid } of records) signalGroup(pid, 'SIGTERM');
  await waitUntil(allGone, { timeoutMs: deadlineMs });
  // Also what a process that did end has started and left.
  for (const { pid } of records) signalGroup(pid, 'SIGKILL');
  await waitUntil(allGone, { timeoutMs: KILL_TIMEOUT_MS });
}

function isAlive({ pid, identity }: ProcessRecord): boolean {
  return processIdentity(pid) === identity;
}

function writeRecord(file: string, { pid, stopLast }: Omit<ProcessRecord, 'identity'>): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return; // it has ended already
  writeFileSync(file, JSON.stringify({ pid, identity, stopLast } satisfies ProcessRecord));
}

function readRecord(file: string): ProcessRecord | undefined {
  try {
    const { pid, identity, stopLast } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessRecord>; // checked below
    // A process id of 1 or less would address the system itself or our own group.
    if (!Number.isInteger(pid) || pid === undefined || pid <= 1 || identity === undefined) return undefined;
    return { pid, identity, stopLast: stopLast === true };
  } catch {
    return undefined; // not there, or half written by a playground that was killed: it cannot be proved to be ours
  }
}

/** Signals a process that leads a group, and everything that it has started. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: nobody is left in the group. EPERM: macOS says so for a group of zombies.
    const { code } = error as NodeJS.ErrnoException; // process.kill gives errors of this kind only
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
