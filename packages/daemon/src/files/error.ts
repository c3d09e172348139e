/** Why a file is not shown: an invalid request, nothing there, no permission, or a failure of ours. */
export type FilesErrorCode = 'INVALID' | 'NOT_FOUND' | 'UNAUTHORIZED' | 'UNKNOWN';

/** An answer to a request for a file that cannot be given. The message is for the client. */
export class FilesError extends Error {
  override readonly name = 'FilesError';
  readonly code: FilesErrorCode;

  constructor(code: FilesErrorCode, message = '', options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** The HTTP status that says the same. */
  get status(): 400 | 403 | 404 | 500 {
    return ({ INVALID: 400, NOT_FOUND: 404, UNAUTHORIZED: 403, UNKNOWN: 500 } as const)[this.code];
  }
}
