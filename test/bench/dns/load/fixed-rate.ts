import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../../../playground/tools/run-command.ts';
import type { Address } from '../../../../src/lib/address.ts';
import { findProgram } from '../servers/find-program.ts';
import type { Program } from '../servers/server.ts';

const SOURCE = fileURLToPath(new URL('./fixed-rate.c', import.meta.url));

export interface FixedRate {
  readonly server: Address;
  readonly queries: string;
  /** Queries a second, whatever becomes of those before. */
  readonly rate: number;
  readonly seconds: number;
  readonly sockets: number;
}

/** Latencies in milliseconds, from sending to the kernel's receive time stamp. */
export interface Latencies {
  readonly sent: number;
  readonly answered: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly worst: number;
}

/** dnsperf tells no percentiles, and Node's own timers are too coarse: this is a page of C, compiled for each run. */
export async function compileFixedRate(directory: string): Promise<Program> {
  const compiler = await findProgram('cc', 'gcc');
  if (compiler.kind === 'missing') return compiler;
  const command = join(directory, 'fixed-rate');
  await runCommand({ command: compiler.command, args: ['-O2', '-o', command, SOURCE] });
  return { kind: 'found', command };
}

/** Asks at a fixed rate from a process of its own. */
export async function askAtFixedRate(
  command: string,
  { server, queries, rate, seconds, sockets }: FixedRate,
): Promise<Latencies> {
  const numbers = [Math.round(rate), seconds, sockets].map(String);
  const printed = await runCommand({ command, args: [server.host, String(server.port), queries, ...numbers] });
  const { sent, answered, ...microseconds } = JSON.parse(printed) as Latencies; // fixed-rate.c prints these fields
  const { p50, p99, p999, worst } = microseconds;
  return { sent, answered, p50: p50 / 1_000, p99: p99 / 1_000, p999: p999 / 1_000, worst: worst / 1_000 };
}
