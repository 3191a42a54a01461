import { ClientError, type ClientErrorKind } from '../client/errors.ts';

/** What the `sluice` program ends with; scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unavailable: 5,
  notReached: 6,
  /** 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The table that `sluice --help` ends with. */
export const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT.ok}    done, or nothing was to do
  ${EXIT.error}    an error that is none of these
  ${EXIT.usage}    wrong usage, or an invalid document
  ${EXIT.notFound}    not found
  ${EXIT.refused}    refused: the present state does not allow it, or the hostname is claimed
  ${EXIT.unavailable}    the server, or what stands behind it, cannot be reached: try again later
  ${EXIT.notReached}    --wait or --until-done: timed out, or the rollout rolled back, failed or was superseded
  ${EXIT.interrupted}  interrupted with Ctrl-C while waiting`;

const CODE_OF_KIND = {
  invalid: EXIT.usage,
  hostnameClaimed: EXIT.refused,
  notFound: EXIT.notFound,
  refused: EXIT.refused,
  unavailable: EXIT.unavailable,
} as const satisfies Record<ClientErrorKind, ExitCode>;

/** An error that the command line itself finds, with the exit code it stands for. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ClientError) return CODE_OF_KIND[error.kind];
  return EXIT.error;
}
