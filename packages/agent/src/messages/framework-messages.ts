/** Messages between frameworks and their executors: best effort, in both directions. */
import { ExecutorToFrameworkMessage, type FrameworkToExecutorMessage } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';

/** Forwards a framework's message to a running executor. A message to any other executor is dropped. */
export function frameworkToExecutor({ agent, metrics }: RegisteredContext, message: FrameworkToExecutorMessage): void {
  const framework = agent.frameworks.get(message.framework_id.value);
  const executor = framework?.executors.get(message.executor_id.value);
  if (framework?.state !== 'RUNNING' || executor?.state !== 'RUNNING' || !executor.connection) {
    metrics.counter('slave/invalid_framework_messages').increment();
    return;
  }
  metrics.counter('slave/valid_framework_messages').increment();
  executor.connection.message(message.data);
}

/**
 * Forwards an executor's message to its scheduler: to a v0 scheduler directly, to any other through the master. `data`
 * is in base64.
 */
export function executorToFramework(
  { agent, messages, metrics }: RegisteredContext,
  framework: Framework,
  executor: Executor,
  data: string,
): Promise<void> | undefined {
  if (framework.state !== 'RUNNING') {
    metrics.counter('slave/invalid_framework_messages').increment();
    return Promise.resolve();
  }
  const message = {
    agent_id: { value: agent.id },
    framework_id: { value: framework.id },
    executor_id: { value: executor.id },
    data,
  };
  const { pid } = framework;
  const sent =
    pid === undefined
      ? messages.outlet.send(`${framework.id}/${executor.id}`, {
          bytes: data.length,
          send: () => messages.sendToMaster(ExecutorToFrameworkMessage, message),
        })
      : Promise.resolve(messages.send(pid, ExecutorToFrameworkMessage, message));
  metrics.counter(`slave/${sent ? 'valid' : 'invalid'}_framework_messages`).increment();
  return sent;
}
