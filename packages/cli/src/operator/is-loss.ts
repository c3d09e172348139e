import { HttpAnswerError, HttpConnectionError } from '@meseta/process';
import { NoLeaderError } from '@meseta/scheduler';

/** Tells whether an error means that a master has gone, or does not lead any more or not yet. */
export function isLoss(error: unknown): boolean {
  if (error instanceof HttpAnswerError) return error.status === 307 || error.status === 503;
  return error instanceof HttpConnectionError || error instanceof NoLeaderError;
}
