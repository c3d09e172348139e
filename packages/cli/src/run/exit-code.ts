import { constants } from 'node:os';
import type { TaskStatus } from '@meseta/protocol';

/** Signals by their names in Mesos, which are those of strsignal(3). */
const signalNames: Readonly<Record<string, keyof typeof constants.signals>> = {
  Hangup: 'SIGHUP',
  Interrupt: 'SIGINT',
  Quit: 'SIGQUIT',
  'Illegal instruction': 'SIGILL',
  Aborted: 'SIGABRT',
  'Bus error': 'SIGBUS',
  'Floating point exception': 'SIGFPE',
  Killed: 'SIGKILL',
  'Segmentation fault': 'SIGSEGV',
  'Broken pipe': 'SIGPIPE',
  'Alarm clock': 'SIGALRM',
  Terminated: 'SIGTERM',
};

/**
 * Returns the exit code that a shell would return for the task: its own exit code, or 128 plus the signal's number.
 * Statuses have the code in their message only. When the message does not have it, success is 0, a task that was killed
 * before it ran is 130, and everything else is 1.
 */
export function exitCodeOf({ state, message = '' }: TaskStatus): number {
  const code = /^(?:Command|Container) exited with status (\d+)/.exec(message)?.[1];
  if (code !== undefined) return Number(code);
  const signal = signalNames[/^Command terminated with signal (.*)$/.exec(message)?.[1] ?? ''];
  if (signal !== undefined) return 128 + constants.signals[signal];
  if (state === 'TASK_KILLED') return 130;
  return state === 'TASK_FINISHED' ? 0 : 1;
}
