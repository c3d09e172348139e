import { isTerminal, type StatusUpdate, type Task, type TaskStatus } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import { applyStatus } from './apply-status.ts';
import { removeTask } from './end.ts';
import { sendStatus } from './status.ts';

/**
 * Handles an agent's status of a task. The framework gets it unchanged, even when the master does not know the task (so
 * that its acknowledgement ends the agent's repetitions). The latest state decides on the resources.
 *
 * @see Mesos src/master/master.cpp, Master::statusUpdate
 */
export function statusUpdate(context: MasterContext, agent: Agent, update: StatusUpdate): void {
  const { cluster, metrics, log } = context;
  const framework = cluster.frameworks.get(update.framework_id.value);
  const taskId = update.status.task_id.value;
  const about = { task_id: taskId, framework_id: update.framework_id.value, agent_id: agent.id };
  if (!framework) {
    log.warning('Ignored the status of a task whose framework is unknown', about);
    metrics.counter('master/invalid_status_updates').increment();
    return;
  }
  const task = agent.task(framework.id, taskId);
  const status = statusOf(context, update, agent, task);
  sendStatus(framework, status);
  if (!task) {
    log.warning('Passed on the status of an unknown task', { ...about, state: status.state });
    metrics.counter('master/invalid_status_updates').increment();
    return;
  }
  applyStatus(context, task, status, update.latest_state ?? status.state, framework);
  if (update.uuid !== undefined) task.status_update_uuid = update.uuid;
  // A status without a uuid is never acknowledged.
  else if (isTerminal(task.state)) removeTask(context, task, framework);
  metrics.counter('master/valid_status_updates').increment();
}

/**
 * Returns the status for frameworks. It includes what old agents send outside of the status.
 *
 * @param task has the same ids: the status keeps its, so that those that came with the message can be collected.
 */
function statusOf({ clock }: MasterContext, update: StatusUpdate, agent: Agent, task: Task | undefined): TaskStatus {
  const { status, uuid, timestamp, executor_id } = update;
  return {
    ...status,
    task_id: task?.task_id ?? status.task_id,
    agent_id: task?.agent_id ?? { value: agent.id },
    // JSON has no NaN and no infinity: they must not get into events and views.
    timestamp: [status.timestamp, timestamp].find(Number.isFinite) ?? clock.now() / 1000,
    ...(executor_id && !status.executor_id && { executor_id }),
    ...(uuid !== undefined && { uuid }),
  };
}
