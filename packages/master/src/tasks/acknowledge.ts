import { isTerminal, StatusUpdateAcknowledgementMessage, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { removeTask } from './end.ts';

/** What a framework acknowledges. */
export interface TaskAcknowledgement {
  readonly taskId: WireId<'task'>;
  readonly agentId: WireId<'agent'>;
  /** Of the status, base64. */
  readonly uuid: string;
}

/**
 * Handles a framework's acknowledgement of a status. After that of the terminal status, the master removes the task.
 * The agent gets the acknowledgement in any case, and stops repeating the status. When the agent is not connected,
 * nothing is done: it will repeat the status when it is back, and the framework its acknowledgement.
 *
 * @see Mesos src/master/master.cpp, Master::acknowledge
 */
export function acknowledge(context: MasterContext, framework: Framework, ack: TaskAcknowledgement): void {
  const { taskId, agentId, uuid } = ack;
  const { metrics, log, cluster } = context;
  const agent = cluster.agents.get(agentId);
  if (!agent?.connected) {
    metrics.counter('master/invalid_status_update_acknowledgements').increment();
    log.warning('Cannot forward an acknowledgement: the agent is not connected', {
      framework_id: framework.id,
      task_id: taskId,
      agent_id: agentId,
    });
    return;
  }
  const task = agent.task(framework.id, taskId);
  if (task) {
    if (task.status_update_state === undefined || task.status_update_uuid === undefined) {
      metrics.counter('master/invalid_status_update_acknowledgements').increment();
      log.warning('Dropped an acknowledgement of a task without status', {
        framework_id: framework.id,
        task_id: taskId,
      });
      return;
    }
    if (isTerminal(task.status_update_state) && task.status_update_uuid === uuid) removeTask(context, task, framework);
  }
  log.info('Task status acknowledged', { task_id: taskId, framework_id: framework.id, agent_id: agentId });
  context.sendToAgent(agent, StatusUpdateAcknowledgementMessage, {
    agent_id: { value: agentId },
    framework_id: { value: framework.id },
    task_id: { value: taskId },
    uuid,
  });
  metrics.counter('master/valid_status_update_acknowledgements').increment();
}
