import { CliError, EXIT } from './exit-codes.ts';

/** What an operator can put right is said without a stack: wrong settings, a port that is taken. */
export function forOperator(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (SETTINGS_ERRORS.includes(error.name)) return new CliError(EXIT.usage, error.message, { cause: error });
  return isFromSystem(error) ? new CliError(EXIT.error, error.message, { cause: error }) : error;
}

/** By name: their classes stay with the server code, which is loaded only when a role runs. */
const SETTINGS_ERRORS: readonly string[] = ['ConfigError', 'KubeconfigError'];

/** The operating system said no, whoever put it into words. */
function isFromSystem(error: Error): boolean {
  return 'syscall' in error || (error.cause instanceof Error && isFromSystem(error.cause));
}
