import { checkId, ShutdownFrameworkMessage, type Task } from '@meseta/protocol';
import { inSlices } from '@meseta/system';
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
 * Calls and messages do not find it from now on. A hundred thousand tasks are ended over several turns of the event loop.
 *
 * @returns undefined when all of its tasks have ended already; else resolves when they have.
 * @see Mesos src/master/master.cpp, Master::removeFramework
 */
export function removeFramework(context: MasterContext, framework: Framework): Promise<void> | undefined {
  const { cluster, allocation } = context;
  if (cluster.frameworks.get(framework.id) !== framework) return undefined;
  context.log.info('Removing framework', { framework_id: framework.id, name: framework.info.name });
  if (framework.active) allocation.deactivateFramework(framework);
  const { connection } = framework;
  framework.connection = undefined;
  framework.cancelFailover?.();
  framework.state = 'disconnected';
  context.offers.takeBackAll(framework, { tell: false });

  broadcast(context, ShutdownFrameworkMessage, { framework_id: { value: framework.id } });
  for (const agent of cluster.agents.values()) agent.killedTasks.delete(framework.id);
  framework.operations.clear(); // those on agents continue, and their ends are not reported
  framework.unregisteredAt = context.clock.now();
  cluster.beginRemoval(framework);
  // Now, not when its tasks have ended: another framework may register at the same address before.
  if (connection) releasePeer(context, connection);
  connection?.close();
  return inSlices(removing(context, framework));
}

/** Ends what the framework has, a step at a time. Its agents may go in between, and take their part along. */
function* removing(context: MasterContext, framework: Framework): Generator<void> {
  const { cluster, allocation } = context;
  yield* endTasks(context, framework);
  for (const [agentId, executors] of framework.executors) {
    const agent = cluster.agentWithTasks(agentId);
    for (const id of executors.keys()) {
      if (agent) removeExecutor(context, framework, agent, id);
      yield;
    }
  }
  allocation.removeFramework(framework);
  cluster.removeFramework(framework);
}

/** All of them count as killed, whatever becomes of them on their agents. */
function* endTasks(context: MasterContext, framework: Framework): Generator<void> {
  for (const task of framework.tasks.values()) {
    kill(context, task, framework);
    removeTask(context, task, framework);
    yield;
  }
  for (const task of framework.unreachableTasks) {
    kill(context, task, framework);
    framework.unreachableTasks.delete(task.task_id.value);
    framework.completedTasks.add(checkId(task.task_id.value), task);
    yield;
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
