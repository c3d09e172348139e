/** What a framework sends to its executors. The master only passes it on. */
import {
  FrameworkToExecutorMessage,
  type SchedulerCallMessage,
  type SchedulerCallShutdown,
  ShutdownExecutorMessage,
} from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';

/** MESSAGE: data for an executor, lost when its agent is not connected. */
export function messageExecutor(context: MasterContext, framework: Framework, call: SchedulerCallMessage): void {
  const { agent_id, executor_id, data } = call;
  const { metrics, log, cluster } = context;
  metrics.counter('master/messages_framework_to_executor').increment();
  const agent = cluster.agents.get(agent_id.value);
  const valid = agent?.connected === true;
  metrics.counter(`master/${valid ? 'valid' : 'invalid'}_framework_to_executor_messages`).increment();
  if (!valid) {
    log.warning('Cannot pass a message on: the agent is not connected', {
      framework_id: framework.id,
      agent_id: agent_id.value,
    });
    return;
  }
  context.sendToAgent(agent, FrameworkToExecutorMessage, {
    agent_id,
    framework_id: { value: framework.id },
    executor_id,
    data,
  });
}

/** SHUTDOWN: ends an executor with its tasks. */
export function shutDownExecutor(context: MasterContext, framework: Framework, call: SchedulerCallShutdown): void {
  const { agent_id, executor_id } = call;
  const about = { framework_id: framework.id, agent_id: agent_id.value, executor_id: executor_id.value };
  const agent = context.cluster.agents.get(agent_id.value);
  if (!agent) return context.log.warning('Cannot shut an executor down: the agent is unknown', about);
  context.log.info('Shutting an executor down', about);
  context.sendToAgent(agent, ShutdownExecutorMessage, { executor_id, framework_id: { value: framework.id } });
}
