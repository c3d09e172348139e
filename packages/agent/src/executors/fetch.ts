import type { CommandInfo } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';

/**
 * Fetches what a command's URIs name into the executor's sandbox, as the executor's user.
 *
 * @throws {LaunchError} see `Fetcher.fetch`.
 */
export async function fetchUris(
  { fetcher, metrics }: AgentContext,
  { containerId, directory, user }: Executor,
  { uris = [] }: CommandInfo,
): Promise<void> {
  if (uris.length === 0) return;
  try {
    await fetcher.fetch(containerId, { uris, sandbox: directory, ...(user === undefined ? {} : { user }) });
    metrics.counter('containerizer/fetcher/task_fetches_succeeded').increment();
  } catch (error) {
    metrics.counter('containerizer/fetcher/task_fetches_failed').increment();
    throw error;
  }
}
