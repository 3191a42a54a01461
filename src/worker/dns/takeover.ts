import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { type Address, formatAddress } from '../../lib/address.ts';
import { errorCode, openSealed, replaceFile, seal } from '../../lib/atomic-file.ts';

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

const schema = z.object({ control: identitySchema, workers: z.array(identitySchema) });

/** A DNS server that is running: the process that controls it, or what is left when that was killed. */
export type Predecessor =
  | { readonly kind: 'whole'; readonly pid: number }
  | { readonly kind: 'workers'; readonly pid: number; readonly workers: readonly number[] };

/** The DNS server of this state directory that is still running; undefined when there is none, or it cannot be told for sure. */
export async function findPredecessor(stateDirectory: string): Promise<Predecessor | undefined> {
  const recorded = await readProcessFile(stateDirectory);
  if (recorded === undefined || recorded.control.pid === process.pid) return undefined;
  const { pid } = recorded.control;
  if (await isRunning(recorded.control)) return { kind: 'whole', pid };
  const alive = await Promise.all(recorded.workers.map(async (one) => ((await isRunning(one)) ? [one.pid] : [])));
  const workers = alive.flat();
  return workers.length > 0 ? { kind: 'workers', pid, workers } : undefined;
}

/** Names this process and its workers as the DNS server of the state directory. */
export async function writeProcessFile(stateDirectory: string, workers: readonly number[]): Promise<void> {
  const control = await identify(process.pid);
  // Without /proc nobody could check the file, so nobody may act on it.
  if (control === undefined) return;
  const identities = await Promise.all(workers.map(identify));
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await replaceFile(processFile(stateDirectory), seal({ control, workers: identities.flatMap((one) => one ?? []) }));
}

/** Whether this process is the one that the state directory names: a successor has not taken over. */
export async function isCurrent(stateDirectory: string): Promise<boolean> {
  return (await readProcessFile(stateDirectory))?.control.pid === process.pid;
}

export async function removeProcessFile(stateDirectory: string): Promise<void> {
  await rm(processFile(stateDirectory), { force: true });
}

/** Asks the predecessor to answer what it has and to end. Workers without a control process are asked themselves. */
export function retire(predecessor: Predecessor): void {
  if (predecessor.kind === 'whole') terminate(predecessor.pid);
  else predecessor.workers.forEach(terminate);
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It ended by itself meanwhile.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/**
 * Throws when somebody listens on one of the addresses. The server shares its ports (SO_REUSEPORT), so it would not
 * notice a second Sluice of the same user there: each would get half of the queries.
 */
export async function requireFree(addresses: readonly Address[]): Promise<void> {
  for (const address of addresses.filter(({ port }) => port !== 0)) {
    try {
      await probeUdp(address);
      await probeTcp(address);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
      const message = `DNS cannot listen on ${formatAddress(address)}: another program has it; stop it, or set another address`;
      throw new Error(message, { cause: error });
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

async function isRunning({ pid, startTime, commandLine }: ProcessIdentity): Promise<boolean> {
  const running = await identify(pid);
  return running?.startTime === startTime && running.commandLine === commandLine;
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
