import { defaultPath, type Environment, type LaunchOptions } from '@meseta/containers';
import { formatDuration } from '@meseta/flags';
import type { HookManager } from '@meseta/modules';
import type { EnvironmentVariable, ExecutorInfo, TaskInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { socketVariables } from '../executor-socket.ts';
import type { Executor } from '../state/executor.ts';
import { allocationRole } from './executor-info.ts';

const milliseconds = 1_000_000;
/** Mesos's `EXECUTOR_REREGISTER_TIMEOUT`, the most an executor waits between two tries to subscribe. */
const subscriptionBackoffMax = '2secs';

/**
 * Returns the environment of an executor, or of a command task, which has its executor's.
 *
 * Later variables take precedence: the system's path, those of TLS where it is on, `--executor_environment_variables` (the agent's own environment
 * is not inherited), and the variables with which the agent describes the executor. Those of hooks, isolators and the
 * command are added later.
 *
 * @param task of a command task.
 * @see Mesos src/slave/slave.cpp, executorEnvironment; src/launcher/executor.cpp, launchTask
 */
export function executorEnvironment(
  context: RegisteredContext,
  executor: Executor,
  task: TaskInfo | undefined,
): Environment {
  const { flags, agent } = context;
  const grace = executor.info.shutdown_grace_period?.nanoseconds;
  const environment: Record<string, string> = {
    PATH: defaultPath,
    ...context.tls?.settings.variables, // without them, no executor could speak to this agent
    ...(flags.executor_environment_variables as Record<string, string> | undefined),
    LIBPROCESS_IP: context.ip,
    LIBPROCESS_PORT: '0',
    MESOS_FRAMEWORK_ID: executor.frameworkId,
    MESOS_EXECUTOR_ID: executor.id,
    MESOS_DIRECTORY: executor.directory,
    MESOS_SANDBOX: executor.directory,
    MESOS_SLAVE_ID: agent.id,
    MESOS_SLAVE_PID: agent.pid,
    MESOS_AGENT_ENDPOINT: agent.pid.slice(agent.pid.indexOf('@') + 1),
    ...socketVariables(context.privacy ? undefined : context.executorSocket, executor),
    MESOS_CHECKPOINT: executor.checkpoint ? '1' : '0',
    MESOS_HTTP_COMMAND_EXECUTOR: '0',
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: formatDuration(
      grace === undefined ? flags.executor_shutdown_grace_period : grace / milliseconds,
    ),
  };
  if (executor.checkpoint) {
    environment.MESOS_RECOVERY_TIMEOUT = formatDuration(flags.recovery_timeout);
    environment.MESOS_SUBSCRIPTION_BACKOFF_MAX = subscriptionBackoffMax;
  }
  const role = task && allocationRole(task.resources);
  if (role !== undefined) environment.MESOS_ALLOCATION_ROLE = role;
  return environment;
}

/**
 * Returns the variables that hooks give an executor's environment, lowest first.
 *
 * @param info its own variables are among those given, for hooks may change them.
 */
export async function hookVariables(hooks: HookManager, info: ExecutorInfo): Promise<readonly EnvironmentVariable[]> {
  if (!hooks.has('slaveExecutorEnvironmentDecorator')) return [];
  return (await hooks.slaveExecutorEnvironmentDecorator(info))?.variables ?? [];
}

/**
 * Returns the question to hooks for a container of a Docker engine; undefined when none of them answers it.
 *
 * @param executor as hooks see it.
 */
export function dockerDecorator(hooks: HookManager, executor: ExecutorInfo): LaunchOptions['decorateDocker'] {
  if (!hooks.has('slavePreLaunchDockerTaskExecutorDecorator')) return undefined;
  return ({ config: { task_info: task, directory = '' }, name, mappedSandbox, environment }) =>
    hooks.slavePreLaunchDockerTaskExecutorDecorator(task, executor, name, directory, mappedSandbox, environment);
}
