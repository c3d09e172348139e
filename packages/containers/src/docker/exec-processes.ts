/** The processes of commands in Docker containers whose engine is on this machine. */
import { readdir, readFile } from 'node:fs/promises';
import { ifAbsent } from '@meseta/system';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The pid of the process that began its session. */
  readonly session: number;
}

/** Between two looks, others may be born. */
const mostLooks = 5;

/**
 * Kills a command in a container: its first process, all that descend from it, and those of its session, which it has begun, also
 * when it has ended itself.
 *
 * @param pid of the engine's machine: on this one it may be of any process.
 * @param container its id in the engine, which is in the names of its control groups.
 */
export async function killCommand(pid: number, container: string): Promise<void> {
  if (pid <= 1) return;
  for (let look = 0; look < mostLooks; look++) {
    const found: number[] = [];
    for (const { pid: each } of commandOf(pid, await processes())) if (await isIn(each, container)) found.push(each);
    if (found.length === 0) return;
    for (const each of found) kill(each);
  }
}

function commandOf(first: number, all: readonly Process[]): Process[] {
  const own = new Set([first]);
  for (let size = 0; size !== own.size; ) {
    size = own.size;
    for (const { pid, parent, session } of all) if (own.has(parent) || session === first) own.add(pid);
  }
  return all.filter(({ pid }) => own.has(pid));
}

/** All that run. */
async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async name => readProcess(Number(name))));
  return found.filter(each => each !== undefined);
}

async function readProcess(pid: number): Promise<Process | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(ifAbsent('')); // it has ended
  const [state, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' '); // a name may have anything in it
  if (state === undefined || parent === undefined || session === undefined || /[ZX]/.test(state)) return undefined;
  return { pid, parent: Number(parent), session: Number(session) };
}

/** Tells whether a process of this machine runs in a container. */
export async function isIn(pid: number, container: string): Promise<boolean> {
  const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(ifAbsent('')); // it has ended
  return cgroups.includes(container);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
  }
}
