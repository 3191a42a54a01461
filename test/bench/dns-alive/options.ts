import { parseArgs } from 'node:util';

export interface AliveOptions {
  readonly rate: number;
  readonly sockets: number;
  readonly workers: number;
  /** Disturbances of each kind. */
  readonly times: number;
  readonly apartMs: number;
  /** UDP and TCP; metrics are at the next one. */
  readonly port: number;
  /** Part of a scenario's name; all of them when empty. */
  readonly only: string;
}

export const HELP = `npm run bench:dns-alive -- [options]

  --rate N       queries a second (5000)
  --sockets N    source ports that they come from (64)
  --workers N    workers of the server (2)
  --times N      disturbances of each kind (6)
  --apart MS     milliseconds between two of them, at least (3000)
  --only TEXT    scenarios whose name has this text
  --port P       first of two loopback ports (15540)
`;

/** Throws an error that names the option, what was found and what is allowed. */
export function readOptions(args: readonly string[]): AliveOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '5000' },
      sockets: { type: 'string', default: '64' },
      workers: { type: 'string', default: '2' },
      times: { type: 'string', default: '6' },
      apart: { type: 'string', default: '3000' },
      only: { type: 'string', default: '' },
      port: { type: 'string', default: '15540' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    rate: whole('rate', values.rate),
    sockets: whole('sockets', values.sockets),
    workers: whole('workers', values.workers),
    times: whole('times', values.times),
    apartMs: whole('apart', values.apart),
    port: whole('port', values.port),
    only: values.only,
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is "${text}"; allowed: a whole number from 1`);
}
