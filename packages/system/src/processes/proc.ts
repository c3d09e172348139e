/**
 * Reads /proc. This is synchronous on purpose: the kernel produces these files in memory in a few microseconds, and the
 * thread pool would cost several times as much. Also, a process must be examined and signalled in one step, because its
 * pid could be reused in between. Long walks use `Slice`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Identifies a process. The pid alone is not enough, because pids are reused. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly start: number;
}

/** A process as /proc/PID/stat shows it. */
export interface Process extends ProcessId {
  /** `Z` is a zombie, `T` stopped. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly threads: number;
  readonly rssPages: number;
  /** Clock ticks. */
  readonly user: number;
  readonly system: number;
  /** The ticks of descendants that have ended and were waited for. */
  readonly childrenUser: number;
  readonly childrenSystem: number;
}

/**
 * Parses /proc/PID/stat. The name (field 2) may contain anything, so fields are counted from its last parenthesis.
 *
 * @see proc_pid_stat(5)
 */
export function parseStat(text: string): Process {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // [0] is field 3
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    state: fields[0]!,
    parent: field(4),
    session: field(6),
    user: field(14),
    system: field(15),
    childrenUser: field(16),
    childrenSystem: field(17),
    threads: field(20),
    start: field(22),
    rssPages: field(24),
  };
}

/** Reads a process; undefined when there is none with this pid. */
export function readProcess(pid: number): Process | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined || text === '' ? undefined : parseStat(text);
}

/** Tells whether exactly this process still runs, and is not a zombie. */
export function isAlive(id: ProcessId): boolean {
  const now = readProcess(id.pid);
  return now !== undefined && now.start === id.start && now.state !== 'Z' && now.state !== 'X';
}

/**
 * Signals a process unless it has ended. A new process with its pid is not signalled.
 *
 * @param signal its name or number.
 * @returns false when it had ended.
 */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals | number): boolean {
  if (!isAlive(id)) return false;
  try {
    return process.kill(id.pid, signal);
  } catch {
    return false; // it has ended, or this user may not signal it (a set-user-id program)
  }
}

/** Returns the pids of all processes. */
export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** The file is optional in the kernel (CONFIG_PROC_CHILDREN), but present in all common distributions. */
const hasChildrenFiles = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

/**
 * Returns the pids of the children of a process. The kernel may omit some while others start or end, so a caller that
 * needs all of them repeats the call until it finds no new one.
 */
export function childPids(parent: Process): number[] {
  if (!hasChildrenFiles) return allPids().filter(pid => readProcess(pid)?.parent === parent.pid);
  const threads = parent.threads > 1 ? list(`/proc/${parent.pid}/task`) : [String(parent.pid)];
  return threads.flatMap(thread => {
    const text = read(`/proc/${parent.pid}/task/${thread}/children`)?.trim();
    return text ? text.split(' ').map(Number) : [];
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the process ended after it was listed
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
