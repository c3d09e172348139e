import { Resources } from '@meseta/resources';
import type { AgentContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import { executorLimits, executorResources } from '../views/allocated.ts';

/** Tells isolators what an executor has now: a task came, or is done. Never rejects. */
export function updateContainer({ containerizer }: AgentContext, executor: Executor): Promise<void> {
  if (!containerizer.isolates || executor.kind === 'command') return Promise.resolve();
  const resources = Resources.of(executorResources(executor)).toArray(); // one of each, as in Mesos
  return containerizer.update(executor.container, resources, executorLimits(executor));
}
