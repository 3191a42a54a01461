import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** FederatedIngresses. */
  readonly count: number;
  /** How long nothing happens, seconds. */
  readonly idleSeconds: number;
  readonly doors: readonly Door[];
  /** Seconds between two probes of one address. */
  readonly healthSeconds: number;
  /** Where CPU profiles of `sluice serve` go. */
  readonly profile: string | undefined;
}

export const DOORS = ['hub', 'http'] as const;
export type Door = (typeof DOORS)[number];

export const HELP = `npm run bench:kubernetes -- [options]

  --count N      FederatedIngresses over the three clusters (1000)
  --quick        a short run: --count 100 --idle 15
  --idle S       seconds for which it is watched doing nothing (60)
  --doors LIST   of ${DOORS.join(',')} (both); all scenarios by the first one, submitting and deleting only by the second
  --health S     seconds between two probes of one address (30)
  --profile DIR  write CPU profiles of sluice serve there, which costs some speed
`;

/** Throws an error that names the option, what was found and what is allowed. */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string' },
      quick: { type: 'boolean', default: false },
      idle: { type: 'string' },
      doors: { type: 'string', default: DOORS.join(',') },
      health: { type: 'string', default: '30' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    count: whole('count', values.count ?? (values.quick ? '100' : '1000')),
    idleSeconds: whole('idle', values.idle ?? (values.quick ? '15' : '60')),
    doors: values.doors.split(',').map(door),
    healthSeconds: whole('health', values.health),
    profile: values.profile,
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is "${text}"; allowed: a whole number from 1`);
}

function door(text: string): Door {
  const found = DOORS.find((one) => one === text);
  if (found) return found;
  throw new Error(`--doors has "${text}"; allowed: ${DOORS.join(', ')}`);
}
