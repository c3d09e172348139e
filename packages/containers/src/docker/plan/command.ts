import type { CommandInfo } from '@meseta/protocol';
import type { ContainerBody } from './container-body.ts';
import { planError } from './plan-error.ts';

/**
 * Returns what a container runs: a line of the shell; or, with `shell: false`, a program with its arguments, or the image's own
 * with those arguments. As in Mesos, the arguments do not begin with the program's name.
 *
 * @throws {LaunchError} a line of the shell is asked for, and there is none.
 * @see Mesos src/docker/docker.cpp, Docker::RunOptions::create
 */
export function commandOf(command: CommandInfo): Pick<ContainerBody, 'Entrypoint' | 'Cmd'> {
  const { shell = true, value, arguments: words = [] } = command;
  for (const text of [value ?? '', ...words]) {
    if (text.includes('\0')) throw planError('The command has a NUL, which no argument of a program can have');
  }
  if (shell) {
    if (value === undefined)
      throw planError(
        "The command has no 'value', a line of the shell; for the image's own command, set 'shell' to false",
      );
    return { Entrypoint: ['/bin/sh'], Cmd: ['-c', value] };
  }
  const argv = [...(value === undefined ? [] : [value]), ...words];
  return argv.length === 0 ? {} : { Cmd: argv };
}
