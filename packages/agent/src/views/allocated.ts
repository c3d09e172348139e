import type { Resource } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Agent } from '../state/agent.ts';
import type { Executor } from '../state/executor.ts';

/** What an executor has: its own resources and those of its tasks that have not ended. */
export function* executorResources(executor: Executor): Generator<Resource> {
  yield* executor.info.resources ?? [];
  for (const tasks of [executor.queuedTasks, executor.launchedTasks]) {
    for (const { resources = [] } of tasks.values()) yield* resources;
  }
}

/** What all executors have, without the roles they are allocated to. */
export function allocatedResources(agent: Agent): Resources {
  return Resources.sum([...agent.executors()].map(executor => Resources.of(executorResources(executor)))).unallocate();
}
