/** Messages of v0 executor drivers. */
import { formatPid, type Pid } from '@meseta/process';
import {
  ExecutorRegisteredMessage,
  ExecutorReregisteredMessage,
  type ExecutorToFrameworkMessage,
  isUuid,
  type RegisterExecutorMessage,
  type ReregisterExecutorMessage,
  ShutdownExecutorMessage,
  type StatusUpdate,
  type StatusUpdateMessage,
} from '@meseta/protocol';
import type { AgentContext, RegisteredContext } from '../context.ts';
import { DriverExecutorConnection } from '../executors/driver-connection.ts';
import { receiveStatus } from '../executors/receive.ts';
import { registerExecutor, statusOf } from '../executors/register.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { executorToFramework } from './framework-messages.ts';

interface Found {
  readonly framework: Framework;
  readonly executor: Executor;
}

/**
 * Handles the first registration of a driver. A second one, or one of an executor that is ending, is answered with a
 * shutdown.
 */
export async function onRegisterExecutor(
  context: RegisteredContext,
  message: RegisterExecutorMessage,
  from: Pid,
): Promise<void> {
  const found = find(context, message);
  const pid = formatPid(from);
  const { state, acceptsExecutors } = context.agent;
  // One that was launched by an agent which ended before it registered is known as running.
  const awaited =
    found &&
    (found.executor.state === 'REGISTERING' || isMissing(found.executor)) &&
    !provesItself(context, found.executor);
  if (!awaited || (state === 'RECOVERING' && !acceptsExecutors)) return refuseExecutor(context, pid);
  const { framework, executor } = found;
  const connection = new DriverExecutorConnection(context, framework, executor, pid);
  context.messages.send(pid, ExecutorRegisteredMessage, {
    executor_info: executor.info,
    framework_id: { value: framework.id },
    framework_info: framework.info,
    agent_id: { value: context.agent.id },
    agent_info: { ...context.agent.info, checkpoint: true },
  });
  await registerExecutor(context, framework, executor, connection, undefined);
}

/**
 * Handles the answer of a driver that was asked to reconnect. It brings the updates that this agent may have missed.
 */
export async function onReregisterExecutor(
  context: RegisteredContext,
  message: ReregisterExecutorMessage,
  from: Pid,
): Promise<void> {
  const found = find(context, message);
  const pid = formatPid(from);
  if (found?.executor.state !== 'RUNNING' && found?.executor.state !== 'REGISTERING')
    return refuseExecutor(context, pid);
  if (provesItself(context, found.executor)) return refuseExecutor(context, pid);
  const { framework, executor } = found;
  const connection = new DriverExecutorConnection(context, framework, executor, pid);
  context.messages.send(pid, ExecutorReregisteredMessage, {
    agent_id: { value: context.agent.id },
    agent_info: { ...context.agent.info, checkpoint: true },
  });
  const updates = (message.updates ?? []).map(statusOf).filter(status => status !== undefined);
  await registerExecutor(context, framework, executor, connection, { tasks: message.tasks ?? [], updates });
}

/** Handles a status of a driver's task. It must come from the pid that registered. */
export async function onStatusUpdate(
  context: RegisteredContext,
  { update }: StatusUpdateMessage,
  from: Pid,
): Promise<void> {
  const found = find(context, update);
  const status = statusOf(update);
  if (found?.executor.connection?.pid !== formatPid(from) || !status || !isUuid(status.uuid)) {
    context.metrics.counter('slave/invalid_status_updates').increment();
    return;
  }
  await receiveStatus(context, found.framework, found.executor, status);
}

/** Forwards a driver's message to its framework. Drivers get no answer: what is too much is dropped and counted. */
export async function onExecutorMessage(
  context: RegisteredContext,
  message: ExecutorToFrameworkMessage,
  from: Pid,
): Promise<void> {
  const found = find(context, message);
  if (found?.executor.connection?.pid !== formatPid(from)) {
    context.metrics.counter('slave/invalid_framework_messages').increment();
    return;
  }
  await executorToFramework(context, found.framework, found.executor, message.data);
}

/** Drivers have no token: none of them takes the place of an executor that has shown one. */
function provesItself({ flags }: RegisteredContext, { speaksHttp }: Executor): boolean {
  return flags.authenticate_http_executors && speaksHttp;
}

function isMissing({ state, connection }: Executor): boolean {
  return state === 'RUNNING' && !connection;
}

function find(
  { agent }: RegisteredContext,
  { framework_id, executor_id }: Pick<StatusUpdate, 'framework_id' | 'executor_id'>,
): Found | undefined {
  const framework = agent.frameworks.get(framework_id.value);
  const executor = framework?.executors.get(executor_id?.value ?? '');
  return framework?.state === 'RUNNING' && executor && !executor.isBuiltIn ? { framework, executor } : undefined;
}

/** Tells a driver to end, whose executor is not known or is ending. */
export function refuseExecutor({ messages, log }: AgentContext, pid: string): void {
  log.warning('Refused the registration of an executor', { pid });
  messages.send(pid, ShutdownExecutorMessage, {});
}
