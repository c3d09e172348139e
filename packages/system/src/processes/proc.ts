/**
 * Reads /proc. This is synchronous on purpose: the kernel produces these files in memory in a few microseconds, and the
 * thread pool would cost several times as much. Also, a process must be examined and signalled in one step, because its
 * pid could be reused in between. Long walks use `Slice`.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { ifAbsent } from '../absent.ts';

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

/**
 * Reads a process; undefined when there is none with this pid.
 *
 * @throws {NodeJS.ErrnoException} it cannot be read, and may be there.
 */
export function readProcess(pid: number): Process | undefined {
  const text = readOfProcess(pid, 'stat');
  return text === undefined || text === '' ? undefined : parseStat(text);
}

/** Tells whether exactly this process still runs, and is not a zombie. One that cannot be read counts as running. */
export function isAlive(id: ProcessId): boolean {
  try {
    return runs(id);
  } catch {
    return true; // the next look may tell
  }
}

function runs(id: ProcessId): boolean {
  const now = readProcess(id.pid);
  return now !== undefined && now.start === id.start && now.state !== 'Z' && now.state !== 'X';
}

/**
 * Signals a process unless it has ended. A new process with its pid is not signalled.
 *
 * @param signal its name or number.
 * @returns false when it had ended.
 * @throws {NodeJS.ErrnoException} it cannot be read: the number may be that of another process by now.
 */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals | number): boolean {
  if (!runs(id)) return false;
  try {
    return process.kill(id.pid, signal);
  } catch {
    return false; // it has ended, or this user may not signal it (a set-user-id program)
  }
}

/** Returns the pids of all processes. */
export function allPids(): number[] {
  return withSpare(() => readdirSync('/proc'))
    .map(Number)
    .filter(Number.isInteger);
}

/** The file is optional in the kernel (CONFIG_PROC_CHILDREN), but present in all common distributions. */
const hasChildrenFiles = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

/**
 * Returns the pids of the children of a process. The kernel may omit some while others start or end, so a caller that
 * needs all of them repeats the call until it finds no new one.
 *
 * @throws {NodeJS.ErrnoException} they cannot be listed.
 */
export function childPids(parent: Process): number[] {
  if (!hasChildrenFiles) return allPids().filter(pid => readProcess(pid)?.parent === parent.pid);
  const threads = parent.threads > 1 ? threadsOf(parent.pid) : [String(parent.pid)];
  return threads.flatMap(thread => {
    const text = readOfProcess(parent.pid, `task/${thread}/children`)?.trim();
    return text ? text.split(' ').map(Number) : [];
  });
}

/**
 * Reads a file of a process in /proc.
 *
 * @returns undefined when the process has ended, or is hidden from this user.
 * @throws {NodeJS.ErrnoException} it cannot be read, and the process may be there.
 */
export function readOfProcess(pid: number | 'self', name: string): string | undefined {
  try {
    return withSpare(() => readFileSync(`/proc/${pid}/${name}`, 'utf8'));
  } catch (error) {
    return ifEnded(undefined)(error as NodeJS.ErrnoException);
  }
}

function threadsOf(pid: number): string[] {
  try {
    return withSpare(() => readdirSync(`/proc/${pid}/task`));
  } catch (error) {
    return ifEnded([])(error as NodeJS.ErrnoException);
  }
}

/** Puts a value in place of what has ended (see `ifAbsent`), or is another user's and not to be read. */
export function ifEnded<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return error => (error.code === 'EACCES' || error.code === 'EPERM' ? value : ifAbsent(value)(error));
}

/** A descriptor that is given up for a moment when all others are in use: processes are then still found, and ended. */
let spare = openSpare();

function openSpare(): number | undefined {
  try {
    return openSync('/', 'r');
  } catch {
    return undefined; // the next read tries again
  }
}

function withSpare<T>(read: () => T): T {
  spare ??= openSpare();
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE' || spare === undefined) throw error;
    closeSync(spare);
    try {
      return read();
    } finally {
      spare = openSpare();
    }
  }
}
