import type { ContainerLimitation } from '@meseta/protocol';

/**
 * Waits for the limitation of a container, for an isolator's `watch`.
 *
 * @param limited undefined for an unknown container.
 * @returns undefined when `signal` is aborted first.
 */
export function awaitLimitation(
  limited: Promise<ContainerLimitation> | undefined,
  signal: AbortSignal,
): Promise<ContainerLimitation | undefined> {
  const over = Promise.withResolvers<undefined>();
  const stop = () => over.resolve(undefined);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return Promise.race([limited ?? over.promise, over.promise]).finally(() => signal.removeEventListener('abort', stop));
}
