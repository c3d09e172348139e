import { redactUrl } from '@meseta/telemetry';

/** Why one URI was not fetched, in words for the task's owner. Users and passwords of addresses are taken out. */
export class FetchError extends Error {
  override readonly name = 'FetchError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(redactUrl(message), options);
  }
}

/** The error of a file that has no room. Its cause has the code, by which the agent notices that its disk is full. */
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
