import type { Resource, Task } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Agent } from '../state/agent.ts';
import type { Executor } from '../state/executor.ts';

/** Yields the resources of an executor: its own, and those of its tasks that have not ended. */
export function* executorResources(executor: Executor): Generator<Resource> {
  yield* executor.info.resources ?? [];
  for (const tasks of [executor.queuedTasks, executor.launchedTasks]) {
    for (const { resources = [] } of tasks.values()) yield* resources;
  }
}

/**
 * Returns the limits of a container. For a resource with a limit in some task, it is the sum over all tasks of their
 * limits, or of their requests where they have no limit.
 *
 * @see Mesos src/slave/slave.cpp, computeExecutorLimits
 */
export function executorLimits(executor: Executor): Record<string, number> {
  return limitsOf(executor.info.resources, [...executor.queuedTasks.values(), ...executor.launchedTasks.values()]);
}

/** Returns the limits of an executor with these resources of its own and these tasks. */
export function limitsOf(
  ofExecutor: readonly Resource[] | undefined,
  tasks: readonly Pick<Task, 'limits' | 'resources'>[],
): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name of ['cpus', 'mem']) {
    if (tasks.every(task => task.limits?.[name] === undefined)) continue;
    const own = requested(ofExecutor, name);
    limits[name] = tasks.reduce(
      (sum, task) => sum + (task.limits?.[name]?.value ?? requested(task.resources, name)),
      own,
    );
  }
  return limits;
}

function requested(resources: readonly Resource[] = [], name: string): number {
  return resources.reduce((sum, resource) => sum + (resource.name === name ? (resource.scalar?.value ?? 0) : 0), 0);
}

/** Returns the resources of all executors, without the roles they are allocated to. */
export function allocatedResources(agent: Agent): Resources {
  return Resources.sum([...agent.executors()].map(executor => Resources.of(executorResources(executor)))).unallocate();
}
