import { parseArgs } from 'node:util';

export const PARTS = ['floor', 'promote', 'abort', 'beside', 'history', 'at-once', 'load', 'restart'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Idle FederatedIngresses. */
  readonly count: number;
  /** Of each latency. */
  readonly samples: number;
  /** Rollouts that move while latencies are taken under load. */
  readonly rolling: number;
  /** Promoted, and aborted, at one time. */
  readonly atOnce: number;
  readonly parts: readonly Part[];
  /** Where Temporal keeps what it knows. */
  readonly database: 'memory' | 'file';
}

export const HELP = `npm run bench:rollout -- [options]

  --count N      idle FederatedIngresses (1000), 50 of which roll out all the time
  --samples N    of each latency (200)
  --quick        a short run: --count 100 --samples 20, 10 that roll out, 20 at once
  --parts LIST   of ${PARTS.join(',')} (all); restart needs load
  --file-backed  Temporal keeps what it knows in a file, not in memory
`;

const FULL = { count: 1_000, samples: 200, rolling: 50, atOnce: 200 } as const;
const QUICK = { count: 100, samples: 20, rolling: 10, atOnce: 20 } as const;

/** Throws an error that names the option, what was found and what is allowed. */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string' },
      samples: { type: 'string' },
      quick: { type: 'boolean', default: false },
      parts: { type: 'string', default: PARTS.join(',') },
      'file-backed': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const size = values.quick ? QUICK : FULL;
  const count = whole('count', values.count ?? String(size.count));
  return {
    count,
    samples: whole('samples', values.samples ?? String(size.samples)),
    rolling: Math.min(count, size.rolling),
    atOnce: Math.min(count, size.atOnce),
    parts: values.parts.split(',').map(part),
    database: values['file-backed'] ? 'file' : 'memory',
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is "${text}"; allowed: a whole number from 1`);
}

function part(text: string): Part {
  const found = PARTS.find((one) => one === text);
  if (found) return found;
  throw new Error(`--parts has "${text}"; allowed: ${PARTS.join(', ')}`);
}
