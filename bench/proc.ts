/** What the kernel says of processes, in /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, the same on every Linux that Node.js runs on

/** Microseconds of processor time since each began. */
export interface Spent {
  /** Of the first thread of the process. */
  readonly mainThread: number;
  /** Of all its threads, those that ended as well. */
  readonly own: number;
  /** Of its children that have ended and theirs. */
  readonly reaped: number;
}

/** Zeros for a process that is gone. */
export function spent(pid: number): Spent {
  const fields = statOf(pid);
  const time = (first: number) => ((Number(fields[first]) + Number(fields[first + 1])) / ticksPerSecond) * 1e6;
  if (fields.length === 0) return { mainThread: 0, own: 0, reaped: 0 };
  const [running] = read(`/proc/${pid}/task/${pid}/schedstat`).split(' ');
  return { mainThread: Number(running) / 1000, own: time(11), reaped: time(13) };
}

/** What lies between two measurements. */
export function difference(before: Spent, after: Spent): Spent {
  const { mainThread, own, reaped } = after;
  return { mainThread: mainThread - before.mainThread, own: own - before.own, reaped: reaped - before.reaped };
}

/** Processes whose parent is this one. */
export function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter(entry => /^\d+$/.test(entry));
  return pids.map(Number).filter(pid => Number(statOf(pid)[1]) === parent);
}

/** Bytes that a process has in memory, shared pages in proportion. */
export function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Fields of /proc/<pid>/stat from the third one, `state`, on. */
function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A small file; '' when its process is gone. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
