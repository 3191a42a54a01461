import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { SpecIssue } from '../spec/types.ts';
import { ClientError, type ClientErrorKind } from './errors.ts';

/** What a call to Temporal failed with, as the ClientError that a door can answer with. */
export function clientError(error: unknown, subject: string): unknown {
  if (error instanceof ClientError) return error;
  if (error instanceof WorkflowUpdateFailedError) return updateFailed(error.cause);
  if (isGone(error)) {
    return new ClientError('notFound', `there is no FederatedIngress ${subject}`, { cause: error });
  }
  if (isUnavailable(error)) {
    const how = isTimeout(error) ? ' in time' : `: ${causeMessage(error)}`;
    return new ClientError('unavailable', `Temporal or its worker did not answer${how}`, { cause: error });
  }
  return error;
}

/** Never there, closed, closed while it was asked, or refused before it could set a handler. */
function isGone(error: unknown): boolean {
  return (
    error instanceof WorkflowNotFoundError ||
    error instanceof QueryRejectedError ||
    error instanceof QueryNotRegisteredError ||
    causeMessage(error).includes('closed before')
  );
}

/** Whether the server, or the worker behind it, could not be asked, so that trying again later may help. */
function isUnavailable(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof ServiceError ||
    isGrpcServiceError(error)
  );
}

/** CANCELLED and DEADLINE_EXCEEDED of gRPC. */
const TIMEOUTS: readonly unknown[] = [1, 4];

/** Its words have how long it took, to the millisecond: whoever compares messages would find a new one each time. */
function isTimeout(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && 'code' in cause && TIMEOUTS.includes(cause.code);
}

const KINDS: Readonly<Record<string, ClientErrorKind>> = {
  InvalidSpec: 'invalid',
  HostnameClaimed: 'hostnameClaimed',
  Refused: 'refused',
};

function updateFailed(cause: unknown): ClientError {
  if (!(cause instanceof ApplicationFailure)) return new ClientError('refused', causeMessage(cause), { cause });
  const kind = KINDS[cause.type ?? ''] ?? 'refused';
  return new ClientError(kind, cause.message, {
    cause,
    ...(kind === 'invalid' ? { issues: issuesOf(cause.details) } : {}),
  });
}

/** The workflow puts the list of issues into the first detail. */
function issuesOf(details: readonly unknown[] | undefined | null): readonly SpecIssue[] {
  const first = details?.[0];
  return Array.isArray(first) ? first.filter(isIssue) : [];
}

function isIssue(value: unknown): value is SpecIssue {
  return typeof value === 'object' && value !== null && 'path' in value && 'message' in value;
}

function causeMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
