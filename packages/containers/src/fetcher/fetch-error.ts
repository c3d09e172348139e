import { redactUrl } from '@meseta/telemetry';

/** A URI was not fetched. The message is for the task's owner; users and passwords of URLs are removed. */
export class FetchError extends Error {
  override readonly name = 'FetchError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(redactUrl(message), options);
  }
}

/**
 * Creates the error for a full disk. Its cause has the system's code, by which the agent notices that its disk is full.
 */
export function noRoom(
  code: 'ENOSPC' | 'EDQUOT',
  cause: unknown = Object.assign(new Error(code), { code }),
): FetchError {
  const what =
    code === 'ENOSPC'
      ? "The disk with the agent's work directory is full"
      : "The task's user has used up its quota of the disk with the agent's work directory";
  return new FetchError(`${what} (${code}): make room, or fetch less`, { cause });
}
