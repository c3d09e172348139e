import type { CommandInfo } from '@meseta/protocol';
import { LaunchError } from '../errors.ts';

/**
 * Returns the program and argv of a command by Mesos's rules: a shell line, or an executable with the whole argv.
 *
 * @throws {LaunchError} `INVALID` when it has no value.
 */
export function program({ shell, value, arguments: argv }: CommandInfo): { file: string; argv: readonly string[] } {
  if (value === undefined) throw new LaunchError('INVALID', 'The command has no value');
  if (shell ?? true) return { file: '/bin/sh', argv: ['sh', '-c', value] };
  return { file: value, argv: argv?.length ? argv : [value] };
}
