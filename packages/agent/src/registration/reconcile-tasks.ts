import { newUuid, type ReconcileTasksMessage } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';

/**
 * Reports the tasks that the master believes to be here and which are not.
 *
 * @param message the tasks of one framework.
 */
export function reconcileTasks(
  { agent, statusUpdates, clock, log }: RegisteredContext,
  { framework_id, statuses, framework: info }: ReconcileTasksMessage,
): void {
  const framework = agent.frameworks.get(framework_id.value);
  const aware = (framework?.info ?? info)?.capabilities?.some(({ type }) => type === 'PARTITION_AWARE') ?? false;
  for (const { task_id } of statuses ?? []) {
    if (framework?.executorsByTask.has(task_id.value)) continue;
    const timestamp = clock.now() / 1000;
    const uuid = newUuid();
    const agent_id = { value: agent.id };
    const status = {
      task_id,
      state: aware ? ('TASK_DROPPED' as const) : ('TASK_LOST' as const),
      source: 'SOURCE_AGENT' as const,
      reason: 'REASON_RECONCILIATION' as const,
      message: 'Reconciliation: task unknown to the agent',
      agent_id,
      timestamp,
      uuid,
    };
    statusUpdates
      .update({ framework_id, agent_id, status, timestamp, uuid }, undefined)
      .catch(error => log.error('Failed to reconcile a task', { error, task_id: task_id.value }));
  }
}
