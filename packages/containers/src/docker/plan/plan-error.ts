import { LaunchError } from '../../errors.ts';

/** Returns the error of a container that no containerizer can make. @param problem what is wrong, where, and what is allowed. */
export function planError(problem: string): LaunchError {
  return new LaunchError('INVALID', problem);
}
