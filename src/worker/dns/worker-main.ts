/**
 * One DNS worker: a process that answers and does nothing else. The control process (control.ts) tells it what to serve;
 * without it, it goes on answering with what it has.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { machineClock } from '../../planes/dns/answer-totals.ts';
import type { DnsServer } from '../../planes/dns/server.ts';
import { KnownTotals } from './known-totals.ts';
import type { FromWorker, ToWorker, WorkerReport } from './messages.ts';
import { type OpenServer, openServer } from './open-server.ts';

/** Longer than any answer waits on a healthy machine, so that what is measured is the process and not its clock. */
const LAG_RESOLUTION_MS = 10;
const NANOSECONDS = 1_000_000;

type Task = ToWorker | { readonly kind: 'orphaned' };

const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
const totals = new KnownTotals((host) => {
  const own = { at: machineClock(), counts: opened?.server.measured(host) ?? {} };
  tell({ kind: 'asked', host, own });
});
const queue: Task[] = [];
let working = false;
let recorded = false;
let opened: OpenServer | undefined;
let stopping: Promise<void> | undefined;

process.on('message', enqueue);
// Ctrl-C in a terminal reaches the whole group; only the control process, or a successor's word, ends a worker.
for (const name of ['SIGINT', 'SIGHUP']) process.on(name, () => undefined);
process.on('SIGTERM', () => void stop());
// Behind what the control process said last.
process.on('disconnect', () => enqueue({ kind: 'orphaned' }));
if (!process.connected) enqueue({ kind: 'orphaned' });

function enqueue(task: Task): void {
  queue.push(task);
  if (!working) void work();
}

/** One message a turn: between two parts of a large change answers have theirs. */
async function work(): Promise<void> {
  working = true;
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
    await handle(message);
    await nextTurn();
  }
  working = false;
}

/** What is for the process itself; `serve` has the rest. */
async function handle(task: Task): Promise<void> {
  if (task.kind === 'begin') return begin(task.settings);
  if (task.kind === 'answer') return answer(task.synced);
  if (task.kind === 'orphaned') return endUnlessRecorded();
  if (task.kind === 'stop') return stop();
  if (task.kind !== 'recorded') return serve(task);
  recorded = true;
}

type ForServer = Extract<
  ToWorker,
  { kind: 'update' | 'finish' | 'confirm' | 'synced' | 'report' | 'count' | 'totals' }
>;

function serve(message: ForServer): void {
  // A worker that could not begin is about to end.
  if (opened === undefined) return;
  const { server } = opened;
  switch (message.kind) {
    case 'update':
      totals.forget(message.update.removed);
      return server.apply(message.update);
    case 'finish':
      return tell({ kind: 'done', id: message.id });
    case 'confirm':
      return server.confirm(message.revisions);
    case 'synced':
      return server.sync();
    case 'report':
      return tell({ kind: 'report', id: message.id, report: report(server) });
    case 'count':
      return tell({ kind: 'counted', id: message.id, counts: server.measured(message.host) });
    case 'totals':
      return totals.set(message.host, message.totals);
    default:
      return message satisfies never;
  }
}

async function begin(settings: Extract<ToWorker, { kind: 'begin' }>['settings']): Promise<void> {
  try {
    opened = await openServer(settings, {
      onError: (error) => tell({ kind: 'fault', message: wordsOf(error) }),
      totals: (host) => totals.of(host),
    });
  } catch (error) {
    fail(error);
  }
}

async function answer(synced: boolean): Promise<void> {
  if (opened === undefined) return;
  try {
    if (synced) opened.server.sync();
    await opened.server.start();
    lag.enable();
    tell({ kind: 'answers' });
  } catch (error) {
    fail(error);
  }
}

/** Says why, and ends. */
function fail(error: unknown): void {
  const message: FromWorker = { kind: 'failed', message: wordsOf(error) };
  if (process.connected) process.send?.(message, undefined, undefined, () => process.exit(1));
  else process.exit(1);
}

/** Nobody would know of one that is not on record, and it would hold the port for ever. */
async function endUnlessRecorded(): Promise<void> {
  if (!recorded) await stop();
}

/** Once: a second word must not cut the answers short that the first one leaves time for. */
function stop(): Promise<void> {
  stopping ??= (opened?.close() ?? Promise.resolve()).then(() => process.exit(0));
  return stopping;
}

function report(server: DnsServer): WorkerReport {
  const { mean, max } = lag;
  const p99 = lag.percentile(99);
  const seen = Number.isFinite(mean);
  lag.reset();
  return {
    counters: server.counters(),
    lagMilliseconds: { mean: lateness(seen ? mean : 0), p99: lateness(p99), max: lateness(seen ? max : 0) },
    residentBytes: process.memoryUsage.rss(),
  };
}

/** The monitor measures the whole interval. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - LAG_RESOLUTION_MS);
}

function tell(message: FromWorker): void {
  // The control process may be gone; then nobody wants to know.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
