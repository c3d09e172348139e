/**
 * Whether a container has ended, although its engine may not know: it does not see the end while output of a command in the container is
 * not read.
 */
import type { Clock } from '@meseta/system';
import type { DockerContainer } from './docker-container.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import { isIn } from './exec-processes.ts';

/** How long commands of a container go on that is ended, where it cannot be found out whether it has. */
const endingMs = 10_000;

/** Returns what tells it of a container whose processes are on this machine. */
export async function overHere({ facts, engineId }: DockerContainer): Promise<() => Promise<boolean>> {
  const pid = facts?.pid ?? 0;
  const isHere = pid > 1 && engineId !== undefined && (await isIn(pid, engineId));
  return async () => isHere && !(await isIn(pid, engineId));
}

/**
 * Returns what tells it of a container whose processes are on another machine: the engine counts them, and finds none. Of an engine that
 * does not count, it is taken for true some time after the agent began to end the container.
 */
export async function overThere(
  container: DockerContainer,
  engine: DockerEngine,
  clock: Clock,
): Promise<() => Promise<boolean>> {
  const { engineId = container.name } = container;
  const count = async () => {
    const stats = await engine.containers.stats(engineId).catch(() => 'unknown' as const);
    return stats === 'unknown' ? undefined : (stats?.pids ?? 0);
  };
  let counts = ((await count()) ?? 0) > 0;
  let endingSinceMs: number | undefined;
  return async () => {
    const processes = await count();
    counts ||= (processes ?? 0) > 0;
    if (counts && processes === 0) return true;
    if (!container.isSignalled && container.destroying === undefined) return false;
    endingSinceMs ??= clock.steady();
    return clock.steady() - endingSinceMs >= endingMs;
  };
}
