import type { IncomingMessage } from 'node:http';
import type { V1Status } from '@kubernetes/client-node';
import { isRetryableStatus, type KubernetesFailure } from './errors.ts';
import { isRecord } from './objects.ts';

/** An API server's own limit for a request is 3 MiB; a list of that many objects is one we do not make. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
/** Longest part of an API server's message that is passed on: admission webhooks write at length. */
const MESSAGE_LIMIT = 1_000;

type AnswerFailure = Pick<KubernetesFailure, 'status' | 'reason' | 'detail' | 'retryable' | 'retryAfterSeconds'> & {
  readonly answer?: V1Status;
};

/** The body of an answer as text. Throws for a body that is too long or cut off. */
export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) throw new Error(`the answer is longer than ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** What an answer that is no success says. API servers answer with a Status object, what stands before them with anything. */
export function failureOf(message: IncomingMessage, body: string): AnswerFailure {
  const { statusCode: status = 0, statusMessage = '' } = message;
  const answer = statusOf(body);
  const retryAfterSeconds = secondsToWait(message, answer);
  return {
    status,
    reason: answer?.reason ?? (statusMessage.replaceAll(/[^A-Za-z]/g, '') || 'UnexpectedStatus'),
    detail: `answered ${status} ${statusMessage}${answer?.message ? `: ${shorten(answer.message)}` : ''}`,
    retryable: isRetryableStatus(status),
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
    ...(answer && { answer }),
  };
}

function secondsToWait({ headers }: IncomingMessage, answer: V1Status | undefined): number {
  // Kubernetes writes seconds; a date would be NaN, which is above nothing.
  return answer?.details?.retryAfterSeconds ?? Number(headers['retry-after']);
}

/** A success that makes no sense: something other than the API server may have answered, so it may be well again later. */
export function invalidAnswer(message: IncomingMessage, expected: string): AnswerFailure {
  const type = message.headers['content-type'] ?? 'no content type';
  const status = message.statusCode ?? 0;
  return {
    status,
    reason: 'InvalidAnswer',
    detail: `answered ${status} with ${type} that is not ${expected}`,
    retryable: true,
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function statusOf(body: string): V1Status | undefined {
  const value = parseJson(body);
  return isStatus(value) ? value : undefined;
}

/** meta/v1 Status: how an API server says what went wrong. */
export function isStatus(value: unknown): value is V1Status {
  return isRecord(value) && value['kind'] === 'Status' && value['apiVersion'] === 'v1';
}

function shorten(text: string): string {
  return text.length > MESSAGE_LIMIT ? `${text.slice(0, MESSAGE_LIMIT)}...` : text;
}
