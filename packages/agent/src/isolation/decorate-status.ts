import type { StatusUpdate } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { FrameworkId, TaskId } from '../ids.ts';

/** Has hooks decorate a status before it is written down; the agent's views show what they made of it, too. */
export async function decorateStatus({ agent, hooks }: AgentContext, update: StatusUpdate): Promise<StatusUpdate> {
  const { framework_id, status: before } = update;
  const status = await hooks.slaveTaskStatusDecorator(framework_id, before);
  const taskId = before.task_id.value as TaskId;
  const framework = agent.frameworks.get(framework_id.value as FrameworkId);
  const task = framework?.executorsByTask.get(taskId)?.task(taskId);
  const entered = task?.statuses?.find(({ uuid }) => uuid === update.uuid);
  if (entered) {
    const { labels, container_status } = status;
    Object.assign(entered, { ...(labels && { labels }), ...(container_status && { container_status }) });
  }
  return { ...update, status };
}
