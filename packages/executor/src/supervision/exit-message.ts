/** How a task's first process ended, as the launchers tell it. */
export type CommandExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-started' };

/** strsignal(3) of the GNU C library for Linux's signals, from 1 on: frameworks show and match these words. */
const descriptions: readonly string[] = [
  'Hangup',
  'Interrupt',
  'Quit',
  'Illegal instruction',
  'Trace/breakpoint trap',
  'Aborted',
  'Bus error',
  'Floating point exception',
  'Killed',
  'User defined signal 1',
  'Segmentation fault',
  'User defined signal 2',
  'Broken pipe',
  'Alarm clock',
  'Terminated',
  'Stack fault',
  'Child exited',
  'Continued',
  'Stopped (signal)',
  'Stopped',
  'Stopped (tty input)',
  'Stopped (tty output)',
  'Urgent I/O condition',
  'CPU time limit exceeded',
  'File size limit exceeded',
  'Virtual timer expired',
  'Profiling timer expired',
  'Window changed',
  'I/O possible',
  'Power failure',
  'Bad system call',
];

/** How a command of a hook ended: `exit status 3`, `signal 9`. */
export function describeExit(exit: CommandExit): string {
  return exit.kind === 'exited'
    ? `exit status ${exit.code}`
    : exit.kind === 'signaled'
      ? `signal ${exit.signal}`
      : 'an unknown status';
}

const firstRealTimeSignal = 34;

/** A signal in words: `Segmentation fault` for 11. */
export function describeSignal(signal: number): string {
  const known = descriptions[signal - 1];
  if (known !== undefined) return known;
  return signal >= firstRealTimeSignal
    ? `Real-time signal ${signal - firstRealTimeSignal}`
    : `Unknown signal ${signal}`;
}

/**
 * The message of a command task's terminal status.
 *
 * @see Mesos 3rdparty/stout/include/stout/os/wait.hpp, WSTRINGIFY
 */
export function exitMessage(exit: CommandExit): string {
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
