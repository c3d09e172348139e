import type { TaskInfo } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { AgentContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import { executorLimits, executorResources } from '../views/allocated.ts';
import { executorForHooks } from './container-config.ts';

/** Tells isolators what an executor has now: a task came, or is done. Never rejects. */
export function updateContainer({ containerizer }: AgentContext, executor: Executor): Promise<void> {
  if (!containerizer.isolates || executor.kind === 'command') return Promise.resolve();
  const resources = Resources.of(executorResources(executor)).toArray(); // one of each, as in Mesos
  return containerizer.update(executor.container, resources, executorLimits(executor));
}

/** Tells isolators what a command task of an earlier agent has: they may not know it. Never rejects. */
export async function updateRecovered(
  { containerizer }: AgentContext,
  executor: Executor,
  task: TaskInfo,
): Promise<void> {
  if (!containerizer.isolates) return;
  const { resources = [] } = executorForHooks(executor, task);
  await containerizer.update(executor.container, resources, executorLimits(executor));
}
