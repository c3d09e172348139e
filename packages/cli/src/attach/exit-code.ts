import { constants } from 'node:os';
import type { AttachEnd } from './attach.ts';

/** Returns the exit code of a connection that ended before its container. */
export function codeOfEnd(end: Exclude<AttachEnd, 'ended'>): number {
  return end === 'detached' ? 0 : 128 + constants.signals[end];
}
