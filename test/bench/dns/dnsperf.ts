import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import type { Address } from '../../../src/lib/address.ts';

/** What dnsperf is to do. */
export interface Load {
  readonly server: Address;
  /** A file with a name and a type a line; it begins again at its end. */
  readonly queries: string;
  readonly seconds: number;
  readonly question: Question;
  /** Queries a second; absent: as many as are answered. */
  readonly rate?: number;
  /** One socket only; otherwise as many as `SOCKETS`. */
  readonly oneSocket?: boolean;
  /** Keep the latency of each answer. */
  readonly latencies?: boolean;
}

/** `plain` is 12 octets and a question; `cookie` adds EDNS with a client cookie, as resolvers of today send. */
export type Question = 'plain' | 'cookie';

export interface Answered {
  readonly completed: number;
  readonly lost: number;
  readonly perSecond: number;
  /** In the order of the answers, milliseconds; empty unless asked for. */
  readonly latencies: Float64Array;
}

/** Several, so that a server with several workers gets queries to all of them (the kernel divides by client port). */
const SOCKETS = 16;
/** What may be under way at once: at full load few enough for every receive buffer, at a fixed rate no limit at all. */
const OUTSTANDING_FULL = 100;
const OUTSTANDING_RATED = 20_000;
const TIMEOUT_SECONDS = 2;
/** RFC 7873: option 10, eight octets of the client's own. */
const COOKIE_OPTION = '10:0102030405060708';

/** Runs dnsperf once. Throws with its own words when it fails. */
export async function drive(load: Load, scratch: string): Promise<Answered> {
  const output = openSync(scratch, 'w');
  const child = spawn('dnsperf', argumentsOf(load), { stdio: ['ignore', output, output] });
  closeSync(output);
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const [code]: readonly unknown[] = await once(child, 'close');
  process.removeListener('exit', kill);
  const text = await readFile(scratch, 'utf8');
  await rm(scratch);
  const answered = readOutput(text);
  if (code === 0 && answered !== undefined) return answered;
  throw new Error(`dnsperf ended with exit code ${String(code)}; it printed:\n${text.slice(-2_000)}`);
}

function argumentsOf({ server, queries, seconds, question, rate, oneSocket, latencies }: Load): readonly string[] {
  const valued = {
    '-s': server.host,
    '-p': server.port,
    '-d': queries,
    '-l': seconds,
    '-t': TIMEOUT_SECONDS,
    '-T': 1,
    '-c': oneSocket === true ? 1 : SOCKETS,
    '-q': rate === undefined ? OUTSTANDING_FULL : OUTSTANDING_RATED,
    ...(rate === undefined ? {} : { '-Q': Math.round(rate) }),
    ...(question === 'cookie' ? { '-E': COOKIE_OPTION } : {}),
  };
  const flags = [...(question === 'cookie' ? ['-e'] : []), ...(latencies === true ? ['-v'] : [])];
  return [...Object.entries(valued).flatMap(([name, value]) => [name, String(value)]), ...flags];
}

/** dnsperf 2: `> NOERROR www.example.test A 0.000123` for each answer with -v, and statistics at the end. */
function readOutput(text: string): Answered | undefined {
  const figure = (label: RegExp) => Number(label.exec(text)?.[1] ?? Number.NaN);
  const completed = figure(/Queries completed:\s+([0-9]+)/);
  const lost = figure(/Queries lost:\s+([0-9]+)/);
  const perSecond = figure(/Queries per second:\s+([0-9.]+)/);
  if (Number.isNaN(completed + lost + perSecond)) return undefined;
  const latencies = Array.from(text.matchAll(/^> \S+ .* ([0-9.]+)$/gm), ([, seconds]) => Number(seconds) * 1_000);
  return { completed, lost, perSecond, latencies: Float64Array.from(latencies) };
}
