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

/**
 * Keeps the beginning of what a process writes, and reads the rest, so that the process never waits for its reader.
 *
 * @param stream null: nothing is written.
 * @param mostBytes how much is kept.
 * @returns gives what has come so far.
 */
export function keptOutput(stream: NodeJS.ReadableStream | null, mostBytes: number): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (size < mostBytes) chunks.push(chunk.subarray(0, mostBytes - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
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
