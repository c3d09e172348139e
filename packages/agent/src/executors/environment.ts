import { formatDuration } from '@meseta/daemon';
import type { CommandInfo, EnvironmentVariable } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const milliseconds = 1_000_000;
/** Mesos's `EXECUTOR_REREGISTER_TIMEOUT`, the most an executor waits between two tries to subscribe. */
const subscriptionBackoffMax = '2secs';

/**
 * The environment of an executor, or of a command task, which has its executor's.
 *
 * Later ones win: the system's own path, `--executor_environment_variables` (in place of the agent's environment, which
 * nobody inherits), what the agent tells executors, what hooks and isolators add, what the command asks for.
 *
 * @param role that the task's resources are allocated to; only tasks get it.
 * @param added by hooks and isolators, lowest first.
 * @see Mesos src/slave/slave.cpp, executorEnvironment; src/launcher/executor.cpp, launchTask
 */
export function executorEnvironment(
  context: AgentContext,
  executor: Executor,
  command: CommandInfo | undefined,
  role?: string,
  added: readonly EnvironmentVariable[] = [],
): Record<string, string> {
  const { flags, agent } = context;
  const grace = executor.info.shutdown_grace_period?.nanoseconds;
  const environment: Record<string, string> = {
    PATH: defaultPath,
    ...(flags.executor_environment_variables as Record<string, string> | undefined),
    LIBPROCESS_IP: context.ip,
    LIBPROCESS_PORT: '0',
    MESOS_FRAMEWORK_ID: executor.frameworkId,
    MESOS_EXECUTOR_ID: executor.id,
    MESOS_DIRECTORY: executor.directory,
    MESOS_SANDBOX: executor.directory,
    MESOS_SLAVE_ID: agent.id ?? '',
    MESOS_SLAVE_PID: agent.pid,
    MESOS_AGENT_ENDPOINT: agent.pid.slice(agent.pid.indexOf('@') + 1),
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
  if (role !== undefined) environment.MESOS_ALLOCATION_ROLE = role;
  for (const { name, value, type, secret } of [...added, ...(command?.environment?.variables ?? [])]) {
    const text = type === 'SECRET' ? secretText(secret?.value?.data) : value;
    if (text !== undefined) environment[name] = text;
  }
  return environment;
}

/** A secret by value; by reference they need a resolver and are refused before. */
function secretText(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}
