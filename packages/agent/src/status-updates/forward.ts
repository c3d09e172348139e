import { type StatusUpdate, StatusUpdateMessage } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { FrameworkId, TaskId } from '../ids.ts';

/**
 * Sends an update to the master. The task remembers which of its states the framework was told last: a new master
 * answers reconciliation with that one.
 */
export function forwardStatus({ agent, messages }: AgentContext, update: StatusUpdate): void {
  const taskId = update.status.task_id.value as TaskId;
  const framework = agent.frameworks.get(update.framework_id.value as FrameworkId);
  const task = framework?.executorsByTask.get(taskId)?.task(taskId);
  if (task) {
    task.status_update_state = update.status.state;
    if (update.uuid !== undefined) task.status_update_uuid = update.uuid;
  }
  messages.sendToMaster(StatusUpdateMessage, { update, pid: agent.pid });
}
