import { constants } from 'node:os';
import type { AttachEnd } from './attach.ts';

/** Returns the exit code of a connection that ended before its container. */
export function codeOfEnd(end: Exclude<AttachEnd, 'ended'>): number {
  return end === 'detached' ? 0 : 128 + constants.signals[end];
}

/** Returns the exit code that a shell has for a wait status. */
export function exitCode(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
