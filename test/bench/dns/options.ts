import { parseArgs } from 'node:util';

/** What a run measures, and for how long. */
export interface BenchOptions {
  /** How often each server has its turn. */
  readonly rounds: number;
  /** How long a turn takes, seconds. */
  readonly seconds: number;
  /** How many hostnames the large zone has. */
  readonly hosts: number;
  /** How many changes of the large zone are timed. */
  readonly changes: number;
  /** Threads or processes that answer, for the servers that can be told. */
  readonly workers: number;
  /** The first of the twenty loopback ports that are used. */
  readonly port: number;
  readonly parts: readonly Part[];
  /** How long memory is watched, minutes; 0 leaves that out. */
  readonly memoryMinutes: number;
  /** The program to measure, to compare with another checkout. */
  readonly sluice: string | undefined;
  /** Where the figures are written to as JSON. */
  readonly json: string | undefined;
}

export const PARTS = ['cpu', 'latency', 'hosts', 'change'] as const;
export type Part = (typeof PARTS)[number];

export const HELP = `npm run bench:dns -- [options]

  --rounds N           turns that each server has (5)
  --seconds S          length of a turn (4)
  --hosts N            hostnames of the large zone (10000)
  --changes N          timed changes of the large zone (20)
  --workers N          answering threads or processes of each server that can be told (1)
  --parts LIST         of ${PARTS.join(',')} (all)
  --memory-minutes M   watch memory under random subdomains for M minutes, beside the parts (0: do not)
  --port P             first of twenty loopback ports (15480)
  --sluice FILE        another src/cli/bin.mjs to measure
  --json FILE          write all figures there

Other work on the machine shows in latencies and stalls; as root, \`nice -n -15\` before the command keeps it out.
`;

/** Throws an error that names the option, what was found and what is allowed. */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      hosts: { type: 'string', default: '10000' },
      changes: { type: 'string', default: '20' },
      workers: { type: 'string', default: '1' },
      parts: { type: 'string', default: PARTS.join(',') },
      'memory-minutes': { type: 'string', default: '0' },
      port: { type: 'string', default: '15480' },
      sluice: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    rounds: whole('rounds', values.rounds, 1),
    seconds: whole('seconds', values.seconds, 1),
    hosts: whole('hosts', values.hosts, 2),
    changes: whole('changes', values.changes, 1),
    workers: whole('workers', values.workers, 1),
    port: whole('port', values.port, 1_024),
    parts: readParts(values.parts),
    memoryMinutes: whole('memory-minutes', values['memory-minutes'], 0),
    sluice: values.sluice,
    json: values.json,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} is "${text}"; allowed: a whole number from ${least}`);
}

function readParts(text: string): readonly Part[] {
  const names = text.split(',').filter((name) => name !== '');
  const wrong = names.find((name) => !PARTS.some((part) => part === name));
  if (wrong !== undefined) throw new Error(`--parts has "${wrong}"; allowed: ${PARTS.join(', ')}`);
  return PARTS.filter((part) => names.includes(part));
}
