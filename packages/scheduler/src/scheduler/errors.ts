/** The failures that end a scheduler or refuse a call, each with what to do about it. */
export const SCHEDULER_FAILURES = {
  SUBSCRIPTION_REFUSED: 'Correct what the master names in the FrameworkInfo, and start again.',
  FRAMEWORK_REMOVED:
    'The framework and its tasks have ended, by TEARDOWN or after its failover_timeout. Clear the stored id to begin as a new framework.',
  FRAMEWORK_FAILED_OVER:
    'Another process has subscribed with the id of this framework. Run one process for each stored id.',
  UNAUTHENTICATED: 'Give the credential of a principal that the master knows.',
  UNAUTHORIZED: 'Let an operator allow this to the principal, or use another role, user or principal.',
  MASTER_LOST: 'Check that a master leads at the given addresses, and that this machine can reach it.',
  CALL_REFUSED: 'Correct what the master names in the call. Nothing was done.',
  TLS_UNUSABLE: 'Correct the variable that the message names, LIBPROCESS_SSL_…, or its file, and start again.',
  STORE_UNREADABLE: 'Repair the file, or remove it to begin as a new framework.',
} as const;

/** The code of a {@link SchedulerError}. */
export type SchedulerErrorCode = keyof typeof SCHEDULER_FAILURES;

/**
 * What a scheduler cannot recover from by itself. The message says what happened, in the master's words where there
 * are any; match `code`, never the message.
 */
export class SchedulerError extends Error {
  override readonly name = 'SchedulerError';
  /** Says what happened. */
  readonly code: SchedulerErrorCode;
  /** A sentence about what to do. */
  readonly action: string;

  constructor(code: SchedulerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.action = SCHEDULER_FAILURES[code];
  }
}

/** The master answered with the address of another one. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
  readonly code = 'MASTER_REDIRECTS';
  /** The header of the answer: a URL, absolute or relative to the master; undefined when there was none. */
  readonly location: string | undefined;

  constructor(origin: string, location: string | undefined) {
    super(`The master at ${origin} redirects to ${location ?? 'an address that it does not name'}`);
    this.location = location;
  }
}

/** The master sent an ERROR event: it will not serve this subscription any longer. The message is the master's. */
export class ErrorEventError extends Error {
  override readonly name = 'ErrorEventError';
  readonly code = 'MASTER_SENT_ERROR';
}

/** The connection to the master is of no use any longer. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code = 'STREAM_BROKEN';
}
