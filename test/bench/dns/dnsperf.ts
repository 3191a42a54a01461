import { runCommand } from '../../../playground/tools/run-command.ts';
import type { Address } from '../../../src/lib/address.ts';

/** What dnsperf is to do. */
export interface Load {
  readonly server: Address;
  /** A file with a name and a type a line; it begins again at its end. */
  readonly queries: string;
  readonly seconds: number;
  readonly question: Question;
}

/** `plain` is 12 octets and a question; `cookie` adds EDNS with a client cookie, as resolvers of today send. */
export type Question = 'plain' | 'cookie';

export interface Answered {
  readonly completed: number;
  readonly lost: number;
  readonly perSecond: number;
}

/** Several, so that a server with several workers gets queries to all of them (the kernel divides by client port). */
export const SOCKETS = 16;
/** What is under way at most: few enough for every receive buffer. */
const OUTSTANDING = 100;
const TIMEOUT_SECONDS = 2;
/** RFC 7873: option 10, eight octets of the client's own. */
const COOKIE_OPTION = '10:0102030405060708';

/** Asks as much as is answered. */
export async function driveAtFullLoad({ server, queries, seconds, question }: Load): Promise<Answered> {
  const options = {
    '-s': server.host,
    '-p': server.port,
    '-d': queries,
    '-l': seconds,
    '-t': TIMEOUT_SECONDS,
    '-T': 1,
    '-c': SOCKETS,
    '-q': OUTSTANDING,
    ...(question === 'cookie' ? { '-E': COOKIE_OPTION } : {}),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [name, String(value)]);
  const printed = await runCommand({ command: 'dnsperf', args: question === 'cookie' ? ['-e', ...args] : args });
  return {
    completed: figure(printed, /Queries completed:\s+([0-9]+)/),
    lost: figure(printed, /Queries lost:\s+([0-9]+)/),
    perSecond: figure(printed, /Queries per second:\s+([0-9.]+)/),
  };
}

function figure(printed: string, label: RegExp): number {
  const found = label.exec(printed)?.[1];
  if (found !== undefined) return Number(found);
  throw new Error(`dnsperf printed nothing like ${String(label)}; it printed:\n${printed}`);
}
