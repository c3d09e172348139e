/** A daemon answered a request with a failure. The message is the daemon's, and may be empty. */
export class HttpAnswerError extends Error {
  override readonly name = 'HttpAnswerError';
  readonly code = 'HTTP_ERROR';
  readonly status: number;
  /** The daemon's code for the failure, see `docs/reference/errors.md`; undefined for a daemon without codes. */
  readonly reason: string | undefined;

  constructor(status: number, message: string, options: { reason?: string | undefined; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.status = status;
    this.reason = options.reason;
  }
}
