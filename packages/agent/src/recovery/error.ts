/** The state of an earlier agent cannot be recovered. The message says what is wrong, where, and what to do. */
export class RecoveryError extends Error {
  override readonly name = 'RecoveryError';
  readonly code = 'RECOVERY_FAILED';
}
