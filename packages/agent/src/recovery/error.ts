/** What an earlier agent left cannot be taken over. The message says what is wrong where, and what helps. */
export class RecoveryError extends Error {
  override readonly name = 'RecoveryError';
  readonly code = 'RECOVERY_FAILED';
}
