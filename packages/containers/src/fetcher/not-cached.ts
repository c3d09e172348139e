/**
 * The cache does not serve a file, so each container fetches it for itself, as in Mesos. The message completes "the
 * file is not cached: …".
 */
export class NotCachedError extends Error {
  override readonly name = 'NotCachedError';
}
