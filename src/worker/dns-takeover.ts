import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { type Address, formatAddress } from '../lib/address.ts';
import { errorCode, openSealed, replaceFile, seal } from '../lib/atomic-file.ts';

/** What tells one process from all others, also from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the machine started (proc(5), /proc/<pid>/stat field 22). */
  readonly startTime: string;
  readonly commandLine: string;
}

const schema: z.ZodType<ProcessIdentity> = z.object({
  pid: z.int().min(1),
  startTime: z.string().min(1),
  commandLine: z.string().min(1),
});

/** The DNS server of this state directory that is still running; undefined when there is none, or it cannot be told for sure. */
export async function findPredecessor(stateDirectory: string): Promise<ProcessIdentity | undefined> {
  const recorded = await readProcessFile(stateDirectory);
  if (recorded === undefined || recorded.pid === process.pid) return undefined;
  const running = await identify(recorded.pid);
  const same = running?.startTime === recorded.startTime && running.commandLine === recorded.commandLine;
  return same ? recorded : undefined;
}

/** Names this process as the DNS server of the state directory. */
export async function writeProcessFile(stateDirectory: string): Promise<void> {
  const self = await identify(process.pid);
  // Without /proc nobody could check the file, so nobody may act on it.
  if (self === undefined) return;
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await replaceFile(processFile(stateDirectory), seal(self));
}

/** Whether this process is the one that the state directory names: a successor has not taken over. */
export async function isCurrent(stateDirectory: string): Promise<boolean> {
  return (await readProcessFile(stateDirectory))?.pid === process.pid;
}

export async function removeProcessFile(stateDirectory: string): Promise<void> {
  await rm(processFile(stateDirectory), { force: true });
}

/** Asks the predecessor to answer what it has and to end. */
export function retire({ pid }: ProcessIdentity): void {
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

async function readProcessFile(stateDirectory: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(processFile(stateDirectory), 'utf8').catch(() => undefined);
  const parsed = schema.safeParse(text === undefined ? undefined : openSealed(text));
  return parsed.success ? parsed.data : undefined;
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
