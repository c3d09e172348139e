/** GPUs cannot be used. The message says what is missing or wrong, and what to do. */
export class NvidiaError extends Error {
  override readonly name = 'NvidiaError';
  readonly code = 'NVIDIA';
}
