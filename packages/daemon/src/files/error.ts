import type { FailureCode } from '@meseta/process';

/** The reason why a file is not shown: an invalid request, no such file, no permission, or a failure of the system. */
export type FilesErrorCode = 'INVALID' | 'NOT_FOUND' | 'UNAUTHORIZED' | 'UNKNOWN';

const failures = {
  INVALID: 'FILE_PATH_INVALID',
  NOT_FOUND: 'FILE_NOT_FOUND',
  UNAUTHORIZED: 'NOT_AUTHORIZED',
  UNKNOWN: 'FILE_UNREADABLE',
} as const satisfies Record<FilesErrorCode, FailureCode>;

/** An answer to a request for a file that cannot be given. The message is for the client. */
export class FilesError extends Error {
  override readonly name = 'FilesError';
  readonly code: FilesErrorCode;

  constructor(code: FilesErrorCode, message = '', options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** What says the same over HTTP. */
  get failure(): FailureCode {
    return failures[this.code];
  }
}
