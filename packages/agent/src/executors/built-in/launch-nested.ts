import { LaunchError } from '@meseta/containers';
import type { ContainerConfig, ContainerInfo, TaskInfo } from '@meseta/protocol';
import { checksRunCommands, type ExecutorLaunch } from '../launch.ts';
import { logLabels } from '../log-labels.ts';
import { podTaskEnvironment } from './pod-environment.ts';
import { groupsOf, showVolumes } from './pod-volumes.ts';
import type { TaskHost } from './task-host.ts';

/**
 * Launches the container of a pod's task: when it resolves, the program runs.
 *
 * @returns the pid of its first process; undefined where the containerizer does not know it.
 * @throws {LaunchError} {IsolatorError}
 */
export async function launchNested(
  host: TaskHost,
  task: TaskInfo,
  { variables = [], mustBeWanted }: Pick<ExecutorLaunch, 'variables' | 'mustBeWanted'>,
): Promise<number | undefined> {
  const { context, container, sandbox: directory } = host;
  const { containerizer, hooks, space } = context;
  const environment = await podTaskEnvironment(host, task);
  const container_info = await showVolumes(host, task);
  const groups = await groupsOf(host, task);
  mustBeWanted();
  try {
    const result = await containerizer.launch(
      container,
      { config: nestedConfig(host, task, container_info), environment, variables, groups },
      {
        keepsEnvironment: checksRunCommands(task),
        labels: logLabels(context, host.executor, task),
        ...(hooks.has('slavePostFetchHook') && { fetched: () => hooks.slavePostFetchHook(container, directory) }),
      },
    );
    if ('unsupported' in result) throw new LaunchError('INVALID', result.unsupported);
    return result.pid;
  } catch (error) {
    space.suspect(error);
    throw error;
  }
}

/** Returns the configuration of the container of a pod's task, as Mesos's agent API gives it. */
function nestedConfig(host: TaskHost, task: TaskInfo, container_info: ContainerInfo | undefined): ContainerConfig {
  const { sandbox: directory } = host;
  const { command = {}, resources, limits } = task;
  const user = host.userOf(task);
  return {
    directory,
    command_info: command,
    ...(user !== undefined && { user }),
    ...(container_info && { container_info }),
    ...(resources && { resources }),
    ...(limits && { limits }),
  };
}
