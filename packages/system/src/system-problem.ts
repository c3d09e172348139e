import { getSystemErrorMessage } from 'node:util';

/** Describes an error of the operating system in its words: `no space left on device (ENOSPC)`. */
export function systemProblem({ errno, code, message }: NodeJS.ErrnoException): string {
  if (errno === undefined || errno >= 0 || !code) return message; // Node.js's own errors have such numbers
  return `${getSystemErrorMessage(errno)} (${code})`;
}
