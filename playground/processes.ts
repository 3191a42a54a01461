import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessRecords, signalGroup } from './process-records.ts';
import { type Condition, waitUntil } from './wait.ts';

/** A program that the playground runs. */
export interface ProcessSpec {
  /** One word, unique in the playground; its log file is called so. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly ready: Condition;
  /** Milliseconds; a machine whose cores are busy starts programs several times slower than an idle one. */
  readonly readyTimeoutMs?: number;
  /** How long it may take to end in good order before it is killed, milliseconds. */
  readonly stopTimeoutMs?: number;
  /** Storage that others need until they have stopped is stopped after them. */
  readonly stopLast?: boolean;
}

/** A program that did not start: says what it was, why, and what it printed last. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_LINES_SHOWN = 15;

/** The programs of one playground: all of them end with it. */
export class Processes {
  private readonly records: ProcessRecords;
  private readonly logs: string;
  private readonly all = new Set<ManagedProcess>();
  private stopping = false;
  private readonly killAll = (): void => {
    for (const managed of this.all) managed.killNow();
  };

  constructor(directory: string) {
    this.records = new ProcessRecords(directory);
    this.logs = join(directory, 'logs');
    mkdirSync(this.logs, { recursive: true });
    // The last resort, for an end of this process that nobody planned.
    process.once('exit', this.killAll);
  }

  /** Starts a program and waits until it is ready; when that fails, it is stopped again and ProcessError thrown. */
  async start(spec: ProcessSpec): Promise<ManagedProcess> {
    if (this.stopping) throw new ProcessError(`${spec.name} was not started: the playground is being stopped`);
    const managed = new ManagedProcess(spec, { records: this.records, logFile: join(this.logs, `${spec.name}.log`) });
    this.all.add(managed);
    await managed.start();
    return managed;
  }

  /** Tells of each program started until now that ends without being told to. */
  announceEnds(tell: (line: string) => void): void {
    for (const managed of this.all) void this.announceEnd(managed, tell);
  }

  private async announceEnd(managed: ManagedProcess, tell: (line: string) => void): Promise<void> {
    const end = await managed.ended();
    if (!this.stopping) tell(`${managed.name}: ${end}; its log: ${managed.logFile}; npm start brings it back`);
  }

  /** Stops everything that runs. What cannot be stopped in time is killed. */
  async stopAll(): Promise<void> {
    this.stopping = true;
    const all = [...this.all];
    await Promise.all(all.filter((managed) => !managed.stopsLast).map((managed) => managed.stop()));
    await Promise.all(all.filter((managed) => managed.stopsLast).map((managed) => managed.stop()));
    this.all.clear();
    process.removeListener('exit', this.killAll);
  }
}

/** One program, which can be stopped and started again, by tests for instance. */
export class ManagedProcess {
  readonly logFile: string;
  private readonly spec: ProcessSpec;
  private readonly records: ProcessRecords;
  private child: ChildProcess | undefined;

  constructor(spec: ProcessSpec, { records, logFile }: { records: ProcessRecords; logFile: string }) {
    this.spec = spec;
    this.records = records;
    this.logFile = logFile;
  }

  get name(): string {
    return this.spec.name;
  }

  get stopsLast(): boolean {
    return this.spec.stopLast === true;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    if (this.child !== undefined) return;
    const child = this.spawn();
    const timeoutMs = this.spec.readyTimeoutMs ?? READY_TIMEOUT_MS;
    const waited = await waitUntil(this.spec.ready, { timeoutMs, giveUp: () => describeEnd(child) });
    if (waited.kind === 'met') return;
    await this.stop();
    throw new ProcessError(this.explain(waited.message));
  }

  /** Ends the program and everything that it has started: by SIGTERM, by SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Ends the program at once, without a chance to tidy up. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Starts it again when it has ended by itself. */
  async restart(): Promise<void> {
    await this.end('SIGKILL');
    await this.start();
  }

  killNow(): void {
    if (this.child?.pid !== undefined) signalGroup(this.child.pid, 'SIGKILL');
  }

  /** Resolves when the program has ended, with the way it did. */
  async ended(): Promise<string> {
    const child = this.child;
    if (child === undefined) return `${this.name} does not run`;
    if (isRunning(child)) await once(child, 'exit');
    return describeEnd(child) ?? `${this.name} has ended`;
  }

  private spawn(): ChildProcess {
    const log = openSync(this.logFile, 'w');
    // A group of its own: Ctrl-C in the terminal reaches the playground only, which then stops things in order.
    const child = spawn(this.spec.command, this.spec.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.spec.environment },
    });
    closeSync(log);
    // Without a listener a missing program would end the playground; `describeEnd` tells it apart.
    child.once('error', () => {});
    this.child = child;
    if (child.pid !== undefined) this.records.add(this.name, child.pid, { stopLast: this.stopsLast });
    return child;
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    await endGroup(child, signal, this.spec.stopTimeoutMs ?? STOP_TIMEOUT_MS);
    this.records.remove(this.name);
    this.child = undefined;
  }

  private explain(reason: string): string {
    const tail = lastLines(this.logFile);
    const printed = tail === '' ? 'It printed nothing.' : `Its last lines (all of them: ${this.logFile}):\n${tail}`;
    return `${this.name} did not start: ${reason}.\n${printed}`;
  }
}

async function endGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL', timeoutMs: number): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (isRunning(child)) {
    const exit = once(child, 'exit');
    signalGroup(pid, signal);
    const late = setTimeout(() => signalGroup(pid, 'SIGKILL'), timeoutMs);
    await exit;
    clearTimeout(late);
  }
  // Whatever it has started and not waited for.
  signalGroup(pid, 'SIGKILL');
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function describeEnd(child: ChildProcess): string | undefined {
  if (isRunning(child)) return undefined;
  if (child.pid === undefined) return `${child.spawnfile} cannot be run`;
  return child.signalCode === null
    ? `it ended with exit code ${child.exitCode}`
    : `it was ended by ${child.signalCode}`;
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines
    .slice(-LOG_LINES_SHOWN)
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
}
