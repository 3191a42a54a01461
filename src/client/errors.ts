import type { SpecIssue } from '../spec/types.ts';

export type ClientErrorKind =
  /** The document is wrong; `issues` says where. */
  | 'invalid'
  /** Somebody else owns the hostname. */
  | 'hostnameClaimed'
  | 'notFound'
  /** The verb makes no sense in the present state. */
  | 'refused'
  /** Temporal or its workers cannot be reached: try again later. */
  | 'unavailable';

/** The one error that a SluiceClient throws for everything a caller can act on. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly kind: ClientErrorKind;
  readonly issues: readonly SpecIssue[];

  constructor(
    kind: ClientErrorKind,
    message: string,
    options: { issues?: readonly SpecIssue[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.issues = options.issues ?? [];
  }
}
