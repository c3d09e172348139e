import { type StatusUpdate, StatusUpdateMessage } from '@meseta/protocol';
import type { AgentContext } from './context.ts';
import { recordForwarded } from './state/task.ts';

/** Sends an update to the master, and records in the task which state the framework was sent last. */
export function forwardStatus({ agent, messages }: AgentContext, update: StatusUpdate): void {
  const taskId = update.status.task_id.value;
  const framework = agent.frameworks.get(update.framework_id.value);
  const task = framework?.executorsByTask.get(taskId)?.task(taskId);
  if (task) recordForwarded(task, update);
  messages.sendToMaster(StatusUpdateMessage, { update, pid: agent.pid });
}
