import type {
  CommandInfo,
  ContainerConfig,
  ContainerizerLaunch,
  EnvironmentVariable,
  ExecutorInfo,
  TaskInfo,
} from '@meseta/protocol';
import type { ContainerId } from '../container-id.ts';
import type { ContainerLaunch } from '../containerizer.ts';
import { type Environment, withVariables } from '../environment.ts';
import { LaunchError } from '../errors.ts';

/**
 * Names a feature that a launch asks for and that the protocol of external containerizers has no place for; undefined
 * when there is none. All else is passed to the program, which knows whether it can do it.
 *
 * @param id undefined: it has no parent.
 */
export function unsupportedExternally(config: ContainerConfig, id?: ContainerId): string | undefined {
  const { command_info, container_info, container_class } = config;
  if (id?.parent || container_class === 'DEBUG') {
    return 'Containers in an external container (nested and debug containers) are not possible: its program is not told of them';
  }
  const secret = command_info.environment?.variables?.find(variable => variable.secret?.reference !== undefined);
  if (secret) return `Secrets by reference (environment variable ${secret.name}) are not built yet`;
  if (container_info?.tty_info)
    return 'Terminals of external containers are not possible: their program is not told of them';
  return undefined;
}

/**
 * Returns the message for `launch`.
 *
 * @throws {LaunchError} `INVALID` when there is no command and no image that could have one.
 */
export function launchMessage(id: ContainerId, launch: ContainerLaunch): ContainerizerLaunch {
  const { config, environment = {} } = launch;
  const { task_info, executor_info, directory, user } = config;
  const { MESOS_SLAVE_ID: agentId, MESOS_SLAVE_PID: agentPid, MESOS_CHECKPOINT: checkpoint } = environment;
  const command = plainCommand(config.command_info);
  const container = executor_info?.container ?? config.container_info;
  if (command.value === undefined && !container && !command.container) {
    throw new LaunchError('INVALID', 'The command has no value');
  }
  return {
    container_id: { value: id.value },
    ...(task_info && { task_info: plainTask(task_info) }),
    ...(executor_info && { executor_info: plainExecutor(executor_info, command) }),
    directory,
    ...(user !== undefined && { user }),
    ...(agentId !== undefined && { agent_id: { value: agentId } }),
    ...(agentPid !== undefined && { agent_pid: agentPid }),
    ...(checkpoint !== undefined && { checkpoint: checkpoint === '1' }),
  };
}

/** Returns the environment of `launch`, which programs give to the executor as a whole. */
export function launchEnvironment(
  { environment = {}, variables = [] }: ContainerLaunch,
  image: string | undefined,
): Environment {
  return {
    ...withVariables(environment, variables),
    ...(image !== undefined && { MESOS_DEFAULT_CONTAINER_IMAGE: image }),
  };
}

function plainExecutor(info: ExecutorInfo, command: CommandInfo): ExecutorInfo {
  return { ...info, command };
}

function plainTask(task: TaskInfo): TaskInfo {
  return task.command ? { ...task, command: plainCommand(task.command) } : task;
}

/** Variables had no secrets in 2014, but always a value: programs fail at a message without one. */
function plainCommand(command: CommandInfo): CommandInfo {
  const variables = command.environment?.variables;
  if (!variables?.some(({ value, type }) => value === undefined || type === 'SECRET')) return command;
  return { ...command, environment: { variables: variables.map(plainVariable) } };
}

function plainVariable(variable: EnvironmentVariable): EnvironmentVariable {
  const { name } = variable;
  return { name, value: withVariables({}, [variable])[name] ?? '' };
}
