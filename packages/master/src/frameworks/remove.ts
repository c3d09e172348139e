import { checkId, ShutdownFrameworkMessage, type Task } from '@meseta/protocol';
import { releasePeer } from '../authentication/framework-authentication.ts';
import type { MasterContext } from '../context.ts';
import { removeExecutor } from '../remove-executor.ts';
import type { Framework } from '../state/framework.ts';
import { applyStatus } from '../tasks/apply-status.ts';
import { removeTask } from '../tasks/end.ts';
import { masterStatus } from '../tasks/status.ts';
import { broadcast } from './broadcast.ts';

/**
 * Removes a framework for good: by its TEARDOWN, by an operator, or because it did not reconnect. Its agents end its
 * executors; the master does not wait for that, and does not report the ends of its tasks. Its id cannot be used again.
 *
 * @see Mesos src/master/master.cpp, Master::removeFramework
 */
export function removeFramework(context: MasterContext, framework: Framework): void {
  const { cluster, allocation } = context;
  if (cluster.frameworks.get(framework.id) !== framework) return;
  context.log.info('Removing framework', { framework_id: framework.id, name: framework.info.name });
  if (framework.active) allocation.deactivateFramework(framework);
  const { connection } = framework;
  framework.connection = undefined;
  framework.cancelFailover?.();
  framework.state = 'disconnected';
  context.offers.takeBackAll(framework, { tell: false });

  broadcast(context, ShutdownFrameworkMessage, { framework_id: { value: framework.id } });
  endTasks(context, framework);
  for (const [agentId, executors] of [...framework.executors]) {
    const agent = cluster.agents.get(agentId);
    if (agent) for (const id of [...executors.keys()]) removeExecutor(context, framework, agent, id);
  }
  for (const agent of cluster.agents.values()) agent.killedTasks.delete(framework.id);
  framework.operations.clear(); // those on agents continue, and their ends are not reported

  framework.unregisteredAt = context.clock.now();
  allocation.removeFramework(framework);
  cluster.removeFramework(framework);
  if (connection) releasePeer(context, connection);
  connection?.close();
}

/** All of them count as killed, whatever becomes of them on their agents. */
function endTasks(context: MasterContext, framework: Framework): void {
  for (const task of [...framework.tasks.values()]) {
    kill(context, task, framework);
    removeTask(context, task, framework);
  }
  for (const task of [...framework.unreachableTasks]) {
    kill(context, task, framework);
    framework.unreachableTasks.delete(task.task_id.value);
    framework.completedTasks.add(checkId(task.task_id.value), task);
  }
}

function kill(context: MasterContext, task: Task, framework: Framework): void {
  const status = masterStatus(context, task.task_id.value, {
    state: 'TASK_KILLED',
    reason: 'REASON_FRAMEWORK_REMOVED',
    message: `Framework ${framework.id} removed`,
    agentId: task.agent_id.value,
    executorId: task.executor_id?.value,
  });
  applyStatus(context, task, status, status.state, framework);
}
