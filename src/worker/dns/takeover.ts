import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Address } from '../../lib/address.ts';
import { errorCode, openSealed, replaceFile, seal } from '../../lib/atomic-file.ts';
import { bindError } from '../../planes/dns/server.ts';

/** What tells one process from all others, also from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the machine started (proc(5), /proc/<pid>/stat field 22). */
  readonly startTime: string;
  readonly commandLine: string;
}

const identitySchema: z.ZodType<ProcessIdentity> = z.object({
  pid: z.int().min(1),
  startTime: z.string().min(1),
  commandLine: z.string().min(1),
});

/** The processes of one DNS server. */
export interface Generation {
  readonly control: ProcessIdentity;
  readonly workers: readonly ProcessIdentity[];
}

const generationSchema = z.object({ control: identitySchema, workers: z.array(identitySchema) });
/** `before`: those that this one takes over from, until they have ended. They would answer for ever when nobody knew of them. */
const schema = generationSchema.extend({ before: z.array(generationSchema).default([]) });

const LOOK_MS = 50;
/** A worker's drain takes two seconds, its control process waits five for it (worker-process.ts). */
const RETIRE_LIMIT_MS = 10_000;

/**
 * The DNS servers of this state directory that still run, or what is left of them: one as a rule, more when one was killed
 * while it took over. None that cannot be told for sure.
 */
export async function findPredecessors(stateDirectory: string): Promise<readonly Generation[]> {
  const recorded = await readProcessFile(stateDirectory);
  if (recorded === undefined) return [];
  const own = await identify(process.pid);
  const others = [recorded, ...recorded.before].filter(({ control }) => !isSame(control, own));
  const running = await Promise.all(
    others.map(async (generation) => ((await runningOf(generation)).length > 0 ? [generation] : [])),
  );
  return running.flat().map(({ control, workers }) => ({ control, workers }));
}

/** Names this process, its workers and its predecessors as the DNS server of the state directory. False where that cannot be done. */
export async function writeProcessFile(
  stateDirectory: string,
  { workers, before }: { readonly workers: readonly number[]; readonly before: readonly Generation[] },
): Promise<boolean> {
  const control = await identify(process.pid);
  // Without /proc nobody could check the file, so nobody may act on it.
  if (control === undefined) return false;
  const identities = (await Promise.all(workers.map(identify))).flatMap((one) => one ?? []);
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await replaceFile(processFile(stateDirectory), seal({ control, workers: identities, before }));
  return true;
}

/** Whether this process is the one that the state directory names: a successor has not taken over. */
export async function isCurrent(stateDirectory: string): Promise<boolean> {
  return (await readProcessFile(stateDirectory))?.control.pid === process.pid;
}

export async function removeProcessFile(stateDirectory: string): Promise<void> {
  await rm(processFile(stateDirectory), { force: true });
}

/**
 * Asks a predecessor to answer what it has and to end; workers without a control process are asked themselves. Settles when
 * all of it has ended. What cannot end in time is killed, since the kernel goes on giving it a part of the queries.
 */
export async function retire(generation: Generation): Promise<void> {
  const { control, workers } = generation;
  const asked = (await isRunning(control)) ? [control] : workers;
  await signalEach(asked, 'SIGTERM');
  for (const end = performance.now() + RETIRE_LIMIT_MS; performance.now() < end; ) {
    if ((await runningOf(generation)).length === 0) return;
    await delay(LOOK_MS);
  }
  await signalEach([control, ...workers], 'SIGKILL');
}

async function runningOf({ control, workers }: Generation): Promise<readonly ProcessIdentity[]> {
  const found = await Promise.all([control, ...workers].map(async (one) => ((await isRunning(one)) ? [one] : [])));
  return found.flat();
}

async function signalEach(processes: readonly ProcessIdentity[], signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  for (const one of processes) if (await isRunning(one)) send(one.pid, signal);
}

function send(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself meanwhile.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/**
 * Throws when one of the addresses cannot be bound, above all when somebody listens there already. The server shares its ports (SO_REUSEPORT), so it would not
 * notice a second Sluice of the same user there: each would get half of the queries.
 */
export async function requireFree(addresses: readonly Address[]): Promise<void> {
  for (const address of addresses.filter(({ port }) => port !== 0)) {
    try {
      await probeUdp(address);
      await probeTcp(address);
    } catch (error) {
      throw bindError(address, error);
    }
  }
}

async function probeUdp({ host, port }: Address): Promise<void> {
  const socket = createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4', ipv6Only: isIP(host) === 6 });
  const listening = once(socket, 'listening');
  socket.bind({ address: host, port, exclusive: true });
  await listening;
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}

async function probeTcp({ host, port }: Address): Promise<void> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen({ host, port, exclusive: true, ipv6Only: isIP(host) === 6 });
  await listening;
  const closed = once(server, 'close');
  server.close();
  await closed;
}

async function readProcessFile(stateDirectory: string): Promise<z.output<typeof schema> | undefined> {
  const text = await readFile(processFile(stateDirectory), 'utf8').catch(() => undefined);
  const parsed = schema.safeParse(text === undefined ? undefined : openSealed(text));
  return parsed.success ? parsed.data : undefined;
}

async function isRunning(recorded: ProcessIdentity): Promise<boolean> {
  return isSame(recorded, await identify(recorded.pid));
}

function isSame(recorded: ProcessIdentity, running: ProcessIdentity | undefined): boolean {
  return (
    running?.pid === recorded.pid &&
    running.startTime === recorded.startTime &&
    running.commandLine === recorded.commandLine
  );
}

async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    // The second field is the command in brackets, which may hold spaces; field 22 is the 20th behind it.
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return startTime === undefined ? undefined : { pid, startTime, commandLine };
  } catch {
    return undefined;
  }
}

function processFile(stateDirectory: string): string {
  return join(stateDirectory, 'dns.pid.json');
}
