import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { User } from '@meseta/system';

/**
 * The kernel does not signal the end of a parent that ended before the request for it, so the parent is checked as
 * well. The second setpriv reports a missing program.
 */
const withParent = '[ "$PPID" = "$0" ] && exec setpriv -- "$@"';

/** How a tied process is started. */
export interface TiedOptions {
  readonly cwd: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: StdioOptions;
  /** The user to run as; undefined for this process's user. */
  readonly user?: User | undefined;
}

/**
 * Starts a program of the machine that the kernel kills when the agent dies. It leads a process group of its own, which
 * {@link killGroup} kills as a whole. When there is no such program, it exits with 127 and a message of setpriv.
 */
export function spawnTied(argv: readonly [string, ...string[]], { user, ...options }: TiedOptions): ChildProcess {
  const ifAgentLives = ['/bin/sh', '-c', withParent, String(process.pid), ...argv];
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...identity(user), '--', ...ifAgentLives], {
    ...options,
    detached: true,
  });
}

/** Kills a process group. It may have ended, or never have started. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
  }
}

function identity(user: User | undefined): string[] {
  if (user === undefined) return [];
  const groups = user.groups.length > 0 ? ['--groups', user.groups.join(',')] : ['--clear-groups'];
  return ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups];
}
