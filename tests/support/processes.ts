/** Finds processes by what they have to do with a directory. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { eventually } from '@meseta/system/testing';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Processes whose command line, environment, working directory or open files name the directory. */
export function processesOf(directory: string): FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    if (command === '') continue; // a kernel thread, or a zombie
    const traces = [command, read(`/proc/${pid}/environ`), link(`/proc/${pid}/cwd`), ...files(pid)];
    if (traces.some(trace => trace.includes(directory))) found.push({ pid, command });
  }
  return found;
}

/** Pids of processes with this argument. */
export function processesWith(argument: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter(pid => read(`/proc/${pid}/cmdline`).split('\0').includes(argument));
}

/** Kills all of them, until there are none. */
export async function endProcesses(directory: string): Promise<void> {
  await eventually(`end of all processes of ${directory}`, () => {
    const left = processesOf(directory);
    for (const { pid } of left) kill(pid);
    return left.length === 0;
  });
}

/** Sends SIGKILL; false when there is no such process any more. */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

const quietly = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise; // it ended meanwhile
  }
};
const read = (path: string) => quietly(() => readFileSync(path, 'latin1'), '');
const link = (path: string) => quietly(() => readlinkSync(path), '');
const files = (pid: number) =>
  quietly(() => readdirSync(`/proc/${pid}/fd`), []).map(fd => link(`/proc/${pid}/fd/${fd}`));
