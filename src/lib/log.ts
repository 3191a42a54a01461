import { type DestinationStream, type Level, type Logger, pino, stdTimeFunctions } from 'pino';
import { build as prettyStream } from 'pino-pretty';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: Level | 'silent';
  /** The process role, such as `serve` or `dns`; the field `name` of every line. */
  readonly name: string;
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

/** Fields that may carry a credential, at the top of a log line or one or two levels down. */
const SECRETS = ['authorization', '["proxy-authorization"]', 'cookie', 'token', 'password', 'kubeconfig'];

/** The only way to a logger: JSON lines with RFC 3339 times, and credentials replaced wherever a field may hold one. */
export function createLog(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    name: options.name,
    base: { name: options.name },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap(atEveryDepth), censor: '[redacted]' },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const destination = options.destination ?? pino.destination(1);
  // In this process, not in pino's worker thread: nothing is lost when the process ends at once.
  if (options.pretty) return pino(settings, prettyStream({ destination, ignore: 'pid,hostname', singleLine: true }));
  return pino(settings, destination);
}

function atEveryDepth(field: string): string[] {
  const below = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${below}`, `*.*${below}`];
}
