/** A failure which has an HTTP status; thrown by a handler it becomes that response. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code = 'HTTP_ERROR';
  readonly status: number;

  constructor(status: number, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.status = status;
  }
}
