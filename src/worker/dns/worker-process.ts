import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AnswerTotals } from '../../planes/dns/answer-totals.ts';
import type { TreeUpdate } from '../../planes/dns/zone/tree.ts';
import type { FromWorker, OwnCounts, ToWorker, WorkerReport, WorkerSettings } from './messages.ts';

const MAIN = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
/** Hostnames in one message: a worker answers between two of them, and to sign what one has takes about 0.1 ms. */
const HOSTS_AT_ONCE = 20;
/** TCP clients get two seconds (TCP_LIMITS.drainMs); then it is over. */
const STOP_LIMIT_MS = 5_000;
const REPORT_LIMIT_MS = 1_000;
const HEARTBEAT_MS = 1_000;
/** No other `finish` has this id. */
const HEARTBEAT = 0;
type Counts = AnswerTotals['counts'];

/** Heartbeats without a word. Counted rather than timed: a machine that slept has not waited. */
const MOST_UNANSWERED = 10;

export interface WorkerProcessOptions {
  readonly settings: WorkerSettings;
  readonly onFault: (message: string) => void;
  /** Somebody has asked it for the totals of a hostname. */
  readonly onAsked: (host: string, own: OwnCounts) => void;
  /** `how` is a signal, such as SIGKILL, or an exit code. */
  readonly onExit: (how: string) => void;
}

/** The control side of one worker. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #answers = Promise.withResolvers<void>();
  readonly #reports = new Map<number, (report: WorkerReport) => void>();
  readonly #counting = new Map<number, (counts: Counts | undefined) => void>();
  readonly #unfinished = new Map<number, () => void>();
  #nextId = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #isAnswering = false;

  constructor({ settings, onExit, ...hear }: WorkerProcessOptions) {
    const { onFault } = hear;
    // Its own process group: Ctrl-C in a terminal is for the control process, which ends its workers in good order.
    this.#child = fork(MAIN, { detached: true, serialization: 'advanced' });
    this.#child.on('message', (message: FromWorker) => this.#hear(message, hear));
    this.#answers.promise.then(
      () => this.#watch(onFault),
      () => undefined,
    );
    this.#child.once('exit', (code, signal) => {
      const how = signal ?? `code ${code}`;
      this.#answers.reject(new Error(`a dns worker ended before it answered (${how})`));
      clearInterval(this.#heartbeat);
      for (const done of this.#unfinished.values()) done();
      for (const done of this.#counting.values()) done(undefined);
      onExit(how);
    });
    // A worker that is gone takes no messages; its exit says so.
    this.#child.on('error', () => undefined);
    // Whoever starts it waits for this; a later failure has no listener.
    this.#answers.promise.catch(() => undefined);
    this.#tell({ kind: 'begin', settings });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  update({ hosts, removed, serials, confirmed }: TreeUpdate): void {
    for (let at = 0; at < hosts.length - HOSTS_AT_ONCE; at += HOSTS_AT_ONCE) {
      const part = hosts.slice(at, at + HOSTS_AT_ONCE);
      this.#tell({ kind: 'update', update: { hosts: part, removed: [], serials: {}, confirmed } });
    }
    const rest = hosts.length === 0 ? [] : hosts.slice(Math.floor((hosts.length - 1) / HOSTS_AT_ONCE) * HOSTS_AT_ONCE);
    // The serial comes with the last part: a zone never has a number that it has not earned.
    this.#tell({ kind: 'update', update: { hosts: rest, removed, serials, confirmed } });
  }

  /** Settles when everything that it was told is in force, or it is gone. */
  finished(): Promise<void> {
    if (!this.#child.connected) return Promise.resolve();
    const id = (this.#nextId += 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#unfinished.set(id, resolve);
    this.#tell({ kind: 'finish', id });
    return promise.finally(() => this.#unfinished.delete(id));
  }

  /** All workers serve these revisions. */
  confirm(revisions: readonly (readonly [string, number])[]): void {
    this.#tell({ kind: 'confirm', revisions });
  }

  /** Binds and answers. Throws with the reason when it cannot. */
  async answer({ synced }: { readonly synced: boolean }): Promise<void> {
    this.#tell({ kind: 'answer', synced });
    await this.#answers.promise;
  }

  /** From now on what it was told is all there is. */
  synced(): void {
    this.#tell({ kind: 'synced' });
  }

  /** It is in the process file. */
  recorded(): void {
    this.#tell({ kind: 'recorded' });
  }

  /** undefined when the worker does not say in time. */
  async report(): Promise<WorkerReport | undefined> {
    const id = (this.#nextId += 1);
    const { promise, resolve } = Promise.withResolvers<WorkerReport | undefined>();
    const deadline = setTimeout(() => resolve(undefined), REPORT_LIMIT_MS);
    this.#reports.set(id, resolve);
    this.#tell({ kind: 'report', id });
    return promise.finally(() => {
      clearTimeout(deadline);
      this.#reports.delete(id);
    });
  }

  /** Answers of a hostname that it has given, by cluster; undefined when it does not say in time. */
  async counts(host: string): Promise<Counts | undefined> {
    if (!this.#isAnswering) return {};
    const id = (this.#nextId += 1);
    const { promise, resolve } = Promise.withResolvers<Counts | undefined>();
    const deadline = setTimeout(() => resolve(undefined), REPORT_LIMIT_MS);
    this.#counting.set(id, resolve);
    this.#tell({ kind: 'count', id, host });
    return promise.finally(() => {
      clearTimeout(deadline);
      this.#counting.delete(id);
    });
  }

  /** What all workers have given together. */
  totals(host: string, totals: AnswerTotals): void {
    this.#tell({ kind: 'totals', host, totals });
  }

  /** Answers what it has and ends. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#tell({ kind: 'stop' });
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exit;
    clearTimeout(deadline);
  }

  /** One that hangs goes on taking its part of the queries: it has to go. Its exit has it replaced. */
  #watch(onFault: (message: string) => void): void {
    this.#heartbeat = setInterval(() => {
      this.#unanswered += 1;
      if (this.#unanswered <= MOST_UNANSWERED) return this.#tell({ kind: 'finish', id: HEARTBEAT });
      onFault(`worker ${this.pid} has said nothing for ${MOST_UNANSWERED} s and is killed`);
      this.#child.kill('SIGKILL');
    }, HEARTBEAT_MS);
  }

  #hear(message: FromWorker, { onFault, onAsked }: Pick<WorkerProcessOptions, 'onFault' | 'onAsked'>): void {
    this.#unanswered = 0;
    switch (message.kind) {
      case 'answers':
        this.#isAnswering = true;
        return this.#answers.resolve();
      case 'asked':
        return onAsked(message.host, message.own);
      case 'counted':
        return this.#counting.get(message.id)?.(message.counts);
      case 'done':
        return this.#unfinished.get(message.id)?.();
      case 'failed':
        return this.#answers.reject(new Error(message.message));
      case 'fault':
        return onFault(message.message);
      case 'report':
        return this.#reports.get(message.id)?.(message.report);
      default:
        return message satisfies never;
    }
  }

  #tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
