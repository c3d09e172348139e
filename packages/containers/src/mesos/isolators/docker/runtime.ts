import type { CommandInfo, ContainerConfig, DockerV1ImageManifestConfig, EnvironmentVariable } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import { containerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { LaunchError } from '../../../errors.ts';
import type { Isolator } from '../isolator.ts';

/**
 * `docker/runtime`: applies what a Docker image says of processes: its entry point and command, variables and working
 * directory. Its user is not applied, as in Mesos: the task has one. A task that is root in spite of it is logged.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/docker/runtime.cpp
 */
export function dockerRuntime({
  flags,
  log,
}: {
  readonly flags: Pick<ContainerizerFlags, 'docker_ignore_runtime'>;
  readonly log: Logger;
}): Isolator {
  return {
    name: 'docker/runtime',
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(id, config: ContainerConfig) {
      const image = config.docker?.manifest?.config;
      if (image === undefined || flags.docker_ignore_runtime) return undefined;
      const { user = 'root' } = config;
      if (user === 'root' && image.User && !isRoot(image.User)) {
        const container_id = containerKey(id);
        log.warning('The image names a user, which does not count: the task runs as root', {
          container_id,
          user: image.User,
        });
      }
      const variables = (image.Env ?? []).map(variable);
      return {
        command: commandOfImage(config.command_info, image),
        ...(variables.length > 0 && { environment: { variables } }),
        ...(image.WorkingDir && { working_directory: image.WorkingDir }),
      };
    },
  };
}

const isRoot = (user: string) => ['root', '0'].includes(user.split(':')[0] ?? '');

/**
 * Returns the command that runs in an image.
 *
 * | command of the task         | image with entry point            | image with command only | neither |
 * | --------------------------- | --------------------------------- | ----------------------- | ------- |
 * | shell with value            | the shell, as without an image    | the same                | the same |
 * | value, perhaps arguments    | value and arguments               | the same                | the same |
 * | neither                     | entry point, then the command     | the command             | error   |
 * | arguments only              | entry point, then the arguments   | the command, then the arguments | error |
 *
 * @throws {LaunchError} `INVALID` when there is nothing to run, or a shell without a value.
 */
export function commandOfImage(command: CommandInfo, image: DockerV1ImageManifestConfig): CommandInfo {
  if (command.value !== undefined) return command;
  if (command.shell ?? true) {
    throw new LaunchError('INVALID', 'A shell command needs a value; with shell: false, the command of the image runs');
  }
  const { Entrypoint: entrypoint = [], Cmd: cmd = [] } = image;
  const own = command.arguments ?? [];
  const argv = entrypoint.length > 0 ? [...entrypoint, ...(own.length > 0 ? own : cmd)] : [...cmd, ...own];
  const [value] = argv;
  if (value === undefined) throw new LaunchError('INVALID', 'Neither the task nor its image has a command');
  return { ...command, shell: false, value, arguments: argv };
}

function variable(text: string): EnvironmentVariable {
  const at = text.indexOf('=');
  return at < 0 ? { name: text, value: '' } : { name: text.slice(0, at), value: text.slice(at + 1) };
}
