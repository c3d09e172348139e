import type { CommandInfo, ContainerInfo } from '@meseta/protocol';

/**
 * What a launch asks for and Meseta has not built: undefined when it can be done. Nothing that a framework asks for is
 * left out without a word.
 */
export function launchProblem(
  command: CommandInfo | undefined,
  container: ContainerInfo | undefined,
): string | undefined {
  const missing = missingPart(command, container);
  return missing === undefined ? undefined : `${missing} not built yet`;
}

function missingPart(command: CommandInfo | undefined, container: ContainerInfo | undefined): string | undefined {
  const secret = command?.environment?.variables?.find(({ secret }) => secret?.reference !== undefined);
  if (secret) return `Secrets by reference (environment variable ${secret.name}) are`;
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
