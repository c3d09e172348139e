import { constants } from 'node:os';

/** Returns the name of a signal: `SIGTERM` for 15, `SIG40` for a signal without a name. */
export function signalName(signal: number): string {
  for (const [name, number] of Object.entries(constants.signals)) if (number === signal) return name;
  return `SIG${signal}`;
}

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

const firstRealTimeSignal = 34;

/** Describes a signal: `Segmentation fault` for 11. */
export function describeSignal(signal: number): string {
  const known = descriptions[signal - 1];
  if (known !== undefined) return known;
  return signal >= firstRealTimeSignal
    ? `Real-time signal ${signal - firstRealTimeSignal}`
    : `Unknown signal ${signal}`;
}
