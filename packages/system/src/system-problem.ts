import { getSystemErrorMessage } from 'node:util';

/** Describes an error of the operating system in its words: `no space left on device (ENOSPC)`. */
export function systemProblem({ errno, code, message }: NodeJS.ErrnoException): string {
  return errno === undefined || code === undefined ? message : `${getSystemErrorMessage(errno)} (${code})`;
}
