export interface LeafFailure {
  readonly cluster: string;
  /** One CamelCase word that a script can match, such as NotOurs, FieldConflict, Forbidden, ConnectionRefused. */
  readonly reason: string;
  /** A sentence that names object, cluster, and what was found. */
  readonly message: string;
  /** Trying again later may help; otherwise somebody has to change something. */
  readonly retryable: boolean;
}

/** A leaf could not be written or removed. */
export class LeafError extends Error {
  override readonly name = 'LeafError';
  readonly cluster: string;
  readonly reason: string;
  readonly retryable: boolean;

  constructor({ cluster, reason, message, retryable }: LeafFailure, options?: ErrorOptions) {
    super(message, options);
    this.cluster = cluster;
    this.reason = reason;
    this.retryable = retryable;
  }
}
