/**
 * Drains an agent: its tasks are killed and new ones refused, until all final statuses are acknowledged. The draining
 * is on disk, so that a restarted agent continues it. The killing is in `messages/drain.ts`.
 *
 * @see Mesos src/slave/slave.cpp, Slave::statusUpdate and Slave::updateDrainStatus
 */
import type { TaskStatus } from '@meseta/protocol';
import type { RegisteredContext } from './context.ts';
import type { Framework } from './state/framework.ts';

/**
 * Changes the status of a task that was killed to drain the agent. Unlike in Mesos, a task that is still being killed
 * is not reported as gone: a terminal state is sent only when it is true.
 */
export function withDraining(
  { agent }: RegisteredContext,
  framework: Framework,
  status: TaskStatus,
): Partial<TaskStatus> {
  const { state } = status;
  if (!agent.draining || (state !== 'TASK_KILLING' && state !== 'TASK_KILLED')) return {};
  const gone = state === 'TASK_KILLED' && agent.draining.config.mark_gone && framework.has('PARTITION_AWARE');
  return { reason: 'REASON_AGENT_DRAINING', ...(gone && { state: 'TASK_GONE_BY_OPERATOR' }) };
}

/** Forgets the draining when no task and no operation is left; call it whenever one is done with. */
export function finishDraining({ agent, disk, paths, log, abort }: RegisteredContext): void {
  if (!agent.draining || agent.operations.size > 0) return;
  for (const executor of agent.executors()) if (executor.hasTasks) return;
  log.info('Finished draining');
  agent.draining = undefined;
  disk.perform([{ type: 'remove', path: paths.drainConfig(agent.id) }]).catch(abort);
}
