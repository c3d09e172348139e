import type { Termination } from '../containerizer.ts';
import type { ContainerState } from './engine/answers.ts';

/** What the engine says of a container that was never started. */
const never = '0001-01-01T00:00:00Z';

/** Tells whether a container's program was ever started. */
export function wasStarted({ running, startedAt }: ContainerState): boolean {
  return running || (startedAt !== '' && startedAt !== never);
}

/**
 * Returns how a container ended that does not run any more. The engine does not tell a signal from an exit status: what SIGKILL
 * ended has status 137.
 *
 * @param isTask a command task's; then this is what its last status says, as in Mesos.
 * @param foreign why its image may not run on the engine's kind of machine; told when it has failed.
 * @see Mesos src/docker/executor.cpp, reaped
 */
export function endOf(state: ContainerState, isTask: boolean, foreign?: string): Termination {
  if (!wasStarted(state)) return { exit: { kind: 'not-started' } };
  const { exitCode: code, error } = state;
  const causes = [error, (code !== 0 && foreign) || ''].filter(cause => cause !== '');
  const message = [`Container exited with status ${code}`, ...causes].join(': ');
  return { exit: { kind: 'exited', code }, ...(isTask && { message }) };
}

/** Returns the end of a container that was removed from the engine, and not by the agent. */
export function endOfMissing(name: string): Termination {
  return { exit: { kind: 'unknown' }, message: `The container ${name} is not in the Docker engine any more` };
}
