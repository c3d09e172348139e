import { FAILURES, type FailureCode, type FailureStatus } from './failures.ts';

/** A failure. When a handler throws it, it becomes the response. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: FailureCode;

  /** @param message the body of the response. */
  constructor(code: FailureCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }

  get status(): FailureStatus {
    return FAILURES[this.code].status;
  }
}
