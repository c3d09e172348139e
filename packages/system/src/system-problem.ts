import { getSystemErrorMessage } from 'node:util';

/** Describes an error of the operating system in its words: `no space left on device (ENOSPC)`. */
export function systemProblem({ errno, code, message }: NodeJS.ErrnoException): string {
  // Node.js's own errors have positive numbers, and those of others anything.
  if (!Number.isSafeInteger(errno) || Number(errno) >= 0 || !code) return message;
  return `${getSystemErrorMessage(Number(errno)) ?? message} (${code})`;
}
