import type { CommandInfo, ContainerConfig, ContainerInfo, ContainerLaunchInfo } from '@meseta/protocol';

/**
 * Names a feature that a launch asks for and that is not built; undefined when the launch is supported. Nothing that a
 * framework asks for is ignored without an error.
 */
export function unsupported({ command_info, container_info }: ContainerConfig): string | undefined {
  const missing = secretProblem(command_info) ?? containerProblem(container_info);
  return missing === undefined ? undefined : `${missing} not built yet`;
}

function secretProblem({ environment }: CommandInfo): string | undefined {
  const secret = environment?.variables?.find(variable => variable.secret?.reference !== undefined);
  return secret && `Secrets by reference (environment variable ${secret.name}) are`;
}

function containerProblem(container: ContainerInfo | undefined): string | undefined {
  if (!container) return undefined;
  if (container.type === 'DOCKER') return 'Docker containers are';
  if (container.mesos?.image) return 'Container images are';
  if (container.volumes?.length) return 'Volumes of containers are';
  if (container.network_infos?.some(({ name }) => name !== undefined)) return 'Container networks are';
  if (container.tty_info) return 'Terminals of containers are';
  if (container.rlimit_info?.rlimits?.length) return 'Resource limits of processes are';
  if (Object.keys(container.linux_info ?? {}).length > 0) return 'Linux settings of containers (linux_info) are';
  return undefined;
}

const built: readonly string[] = ['environment', 'task_environment', 'working_directory'];

/** Names what isolators ask for and launchers cannot do; undefined when there is nothing. */
export function unsupportedByLauncher(info: ContainerLaunchInfo): string | undefined {
  const asked = Object.entries(info).filter(
    ([field, value]) => value !== undefined && !built.includes(field) && !(Array.isArray(value) && value.length === 0),
  );
  if (asked.length === 0) return undefined;
  const fields = asked.map(([field]) => field).join(', ');
  return `Isolators ask for what is not built yet: ${fields}. They may set ${built.join(', ')}`;
}
