import { constants } from 'node:os';
import type { TaskStatus } from '@meseta/protocol';

/** Names of signals as Mesos prints them, which are those of strsignal(3). */
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
 * What a shell would have returned for the task: its own exit code, or 128 and the signal's number. Statuses carry the
 * code only in their message; where that says nothing, success is 0, a task that was killed before it ran is 130, and
 * everything else 1.
 */
export function exitCodeOf({ state, message = '' }: TaskStatus): number {
  const code = /^Command exited with status (\d+)/.exec(message)?.[1];
  if (code !== undefined) return Number(code);
  const signal = signalNames[/^Command terminated with signal (.*)$/.exec(message)?.[1] ?? ''];
  if (signal !== undefined) return 128 + constants.signals[signal];
  if (state === 'TASK_KILLED') return 130;
  return state === 'TASK_FINISHED' ? 0 : 1;
}
