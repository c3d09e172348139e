import { checkId, type TaskInfo } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { executorForHooks } from './container-config.ts';

/**
 * Lets hooks decorate the labels of a queued task. The task stays in the queue meanwhile: it can be killed there, and
 * it is not handed over. Tasks of one executor take turns, so that they keep their order.
 *
 * @returns undefined when no hook is interested; else resolves with the task as it is to be run.
 */
export function decorateLabels(
  { agent, hooks }: AgentContext,
  framework: Framework,
  executor: Executor,
  task: TaskInfo,
): Promise<TaskInfo> | undefined {
  if (!hooks.has('slaveRunTaskLabelDecorator')) return undefined;
  const taskId = checkId(task.task_id.value);
  const { decorating } = executor;
  const before = [...decorating.values()].at(-1);
  const described = executorForHooks(executor, executor.kind === 'command' ? task : undefined);
  const decorated = async () => {
    await before;
    const labels = await hooks.slaveRunTaskLabelDecorator(task, described, framework.info, agent.info);
    decorating.delete(taskId);
    const result = labels === undefined ? task : { ...task, labels };
    if (executor.queuedTasks.has(taskId)) executor.queuedTasks.set(taskId, result);
    return result;
  };
  const promise = decorated();
  decorating.set(taskId, promise);
  return promise;
}
