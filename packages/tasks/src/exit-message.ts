import { describeSignal, type ExitStatus } from '@meseta/containers/shim';

/** Describes how a command of a hook ended: `exit status 3`, `signal 9`. */
export function describeExit(exit: ExitStatus): string {
  return exit.kind === 'exited'
    ? `exit status ${exit.code}`
    : exit.kind === 'signaled'
      ? `signal ${exit.signal}`
      : 'an unknown status';
}

/**
 * Returns the message of a command task's terminal status.
 *
 * @see Mesos 3rdparty/stout/include/stout/os/wait.hpp, WSTRINGIFY
 */
export function exitMessage(exit: ExitStatus): string {
  switch (exit.kind) {
    case 'exited':
      return `Command exited with status ${exit.code}`;
    case 'signaled':
      return `Command terminated with signal ${describeSignal(exit.signal)}`;
    case 'unknown':
      return 'Command ended with unknown status: the process that watched it was killed';
    case 'not-started':
      return 'Command was not started: the agent ended while launching it';
    default:
      throw new Error(`unhandled exit ${exit satisfies never}`);
  }
}
