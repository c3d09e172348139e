/** Handles agents' messages about executors. */
import type { ExecutorToFrameworkMessage, ExitedExecutorMessage } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { removeExecutor } from '../remove-executor.ts';
import type { Agent } from '../state/agent.ts';

/** Handles the end of an executor. The ends of its tasks are reported by status updates. */
export function exitedExecutor(context: MasterContext, agent: Agent, message: ExitedExecutorMessage): void {
  const { framework_id, executor_id, status } = message;
  const framework = context.cluster.frameworks.get(framework_id.value);
  if (!framework) return;
  // Unknown ones too are passed on: of command tasks the master never knows the executor.
  if (agent.executor(framework.id, executor_id.value)) removeExecutor(context, framework, agent, executor_id.value);
  framework.connection?.send({ type: 'FAILURE', failure: { agent_id: { value: agent.id }, executor_id, status } });
}

/** Passes data of an executor on to its framework; lost when that is not connected. */
export function executorToFramework(context: MasterContext, agent: Agent, message: ExecutorToFrameworkMessage): void {
  const framework = context.cluster.frameworks.get(message.framework_id.value);
  const valid = framework?.connected === true;
  const { metrics } = context;
  metrics.counter(`master/${valid ? 'valid' : 'invalid'}_executor_to_framework_messages`).increment();
  if (!valid) return;
  const { executor_id, data } = message;
  framework.connection?.send({ type: 'MESSAGE', message: { agent_id: { value: agent.id }, executor_id, data } });
}
