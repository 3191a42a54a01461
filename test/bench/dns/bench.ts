import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes } from '../../../playground/processes.ts';
import type { Progress } from '../../../playground/progress.ts';
import type { Condition } from '../../../playground/wait.ts';
import { formatAddress } from '../../../src/lib/address.ts';
import { Dig } from '../../support/dig.ts';
import { type Answered, driveAtFullLoad, type Load } from './dnsperf.ts';
import { HOST } from './names.ts';
import type { BenchOptions } from './options.ts';
import { killTree, treeUsage } from './process-usage.ts';
import type { RunningServer, ServerKind } from './servers/server.ts';

const LOOPBACK = '127.0.0.1';
const READY_TIMEOUT_MS = 60_000;

/** What a measurement works with. */
export interface Bench {
  readonly options: BenchOptions;
  readonly progress: Progress;
  /** Everything that a run writes; gone at its end. */
  readonly directory: string;
  readonly processes: Processes;
  /** Program that asks at a fixed rate; undefined when there is no C compiler. */
  readonly fixedRate: string | undefined;
}

export type ServerLoad = Omit<Load, 'server'>;

/** A turn under load, with what the server used for it. */
export interface Turn extends Answered {
  readonly cpuMicrosecondsPerQuery: number;
}

let ports = 0;

/** Starts a server of a kind on ports of its own, and waits until it answers for its first hostname. */
export async function startServer(
  bench: Bench,
  kind: ServerKind,
  { command, hosts = [HOST] }: { readonly command: string; readonly hosts?: readonly string[] },
): Promise<RunningServer> {
  const { options, directory, processes } = bench;
  const number = ports;
  ports += 2;
  const address = { host: LOOPBACK, port: options.port + number };
  const metrics = { host: LOOPBACK, port: options.port + number + 1 };
  const name = `${kind.name.toLowerCase()}-${address.port}`;
  const folder = join(directory, name);
  await mkdir(folder);
  const invocation = await kind.prepare({ folder, address, metrics, workers: options.workers, hosts }, command);
  const dig = await Dig.at(formatAddress(address));
  const ready: Condition = async () => {
    const asked = await dig.ask(hosts.at(-1) ?? HOST).catch((error: unknown) => String(error));
    if (typeof asked === 'string') return asked;
    return asked.values.length > 0 ? true : `no address in its answer (rcode ${asked.rcode})`;
  };
  const managed = await processes.start({ name, ...invocation, ready, readyTimeoutMs: READY_TIMEOUT_MS });
  dig.close();
  const { pid } = managed;
  if (pid === undefined) throw new Error(`${name} ended at once; its log: ${managed.logFile}`);
  // For an end that nobody planned: Sluice's workers outlive the process that started them, by design.
  process.once('exit', () => killTree(pid));
  return { name: kind.name, address, pid, folder };
}

/** Puts a load on a server, and reads what its processes used meanwhile. */
export async function turn(server: RunningServer, load: ServerLoad): Promise<Turn> {
  const before = treeUsage(server.pid);
  const answered = await driveAtFullLoad({ ...load, server: server.address });
  const used = treeUsage(server.pid).cpuMicroseconds - before.cpuMicroseconds;
  if (answered.completed === 0) throw new Error(`${server.name} answered nothing in ${load.seconds} s`);
  // Less than a microsecond is no figure: whoever answers has not been counted.
  if (used < answered.completed)
    throw new Error(
      `${server.name}: ${used} us for ${answered.completed} answers is too little; which process answers?`,
    );
  return { ...answered, cpuMicrosecondsPerQuery: used / answered.completed };
}
