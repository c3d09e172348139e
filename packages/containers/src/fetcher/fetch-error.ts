/** Why one URI was not fetched, in words for the task's owner. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
}
