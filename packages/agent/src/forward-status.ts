import { type StatusUpdate, StatusUpdateMessage } from '@meseta/protocol';
import type { AgentContext } from './context.ts';
import { recordForwarded } from './state/task.ts';
import { ownerOf } from './status-updates/held.ts';

/** Sends an update to the master, and records in the task which state the framework was sent last. */
export function forwardStatus({ agent, messages, log }: AgentContext, update: StatusUpdate): void {
  const { framework_id, status, uuid } = update;
  const taskId = status.task_id.value;
  // What waits is held by the task's stream of updates, which also bounds it.
  const sent = messages.outlet.send(ownerOf(update), {
    bytes: 0,
    id: `${taskId}/${uuid}`,
    send() {
      const task = agent.frameworks.get(framework_id.value)?.executorsByTask.get(taskId)?.task(taskId);
      if (task) recordForwarded(task, update);
      messages.sendToMaster(StatusUpdateMessage, { update, pid: agent.pid });
    },
  });
  sent?.catch(error => log.error('Failed to send a status update', { error, task_id: taskId }));
}
