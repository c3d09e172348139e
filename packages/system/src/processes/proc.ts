/**
 * Reading /proc. Deliberately synchronous: these files are made up by the kernel on the spot (a few microseconds, no
 * disk), a trip through the thread pool costs several times as much, and looking at a process and signalling it must
 * happen in one go, or the pid might have passed to another process in between. Walks `Pace` themselves.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Identity of a process: a pid alone is recycled. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly start: number;
}

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
  /** Those of descendants that ended and were waited for. */
  readonly childrenUser: number;
  readonly childrenSystem: number;
}

/** @see proc_pid_stat(5); the name (field 2) may contain anything, so fields are counted from its last parenthesis. */
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

/** Undefined when there is no such process. */
export function readProcess(pid: number): Process | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined || text === '' ? undefined : parseStat(text);
}

/** Whether it is still that very process, and more than a zombie. */
export function isAlive(id: ProcessId): boolean {
  const now = readProcess(id.pid);
  return now !== undefined && now.start === id.start && now.state !== 'Z' && now.state !== 'X';
}

/**
 * Signals the process unless it is gone: nobody else who has its pid now is hit.
 *
 * @returns whether it was there.
 */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false;
  try {
    return process.kill(id.pid, signal);
  } catch {
    return false; // gone since, or (set-user-id programs, without root) not ours to signal
  }
}

/** Pids of all processes. */
export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Optional in the kernel (CONFIG_PROC_CHILDREN), present in those of all common distributions. */
const hasChildrenFiles = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

/**
 * Pids of the children of a process. The kernel may leave some out while others of them come and go: those who need
 * all ask until nothing new turns up.
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
    return undefined; // processes vanish between listing and looking
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
