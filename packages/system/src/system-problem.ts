import { getSystemErrorMessage } from 'node:util';

/** What the operating system refused, in its words for users: `no space left on device (ENOSPC)`. */
export function systemProblem({ errno, code, message }: NodeJS.ErrnoException): string {
  return errno === undefined || code === undefined ? message : `${getSystemErrorMessage(errno)} (${code})`;
}
