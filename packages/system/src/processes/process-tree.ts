import { Slice } from '../time/slice.ts';
import { childPids, isAlive, type Process, type ProcessId, readProcess, signalProcess } from './proc.ts';

/** The number of passes over a growing tree, after which it is signalled anyway. A caller that kills it tries again. */
const maximumPasses = 50;

/**
 * Returns the descendants of a process, without itself. Some may be missing (see `childPids`); use `stopTree` where
 * none may be.
 */
export async function descendants(root: ProcessId): Promise<Process[]> {
  const found = new Map<number, Process>();
  await visit(root, found, () => {});
  return [...found.values()];
}

/**
 * Sends a signal to all descendants of a process, but not to the process itself. Stops all of them, parents before
 * children, until no new one is found; then signals all, then continues all. Only present descendants are affected. The
 * process itself is continued, too: a descendant may have stopped it, and then their ends would not be noticed.
 *
 * Children are continued, and killed, before their parents: the kernel sends SIGHUP to a process group with a stopped
 * member when the last parent outside of the group ends, as a shell does that runs `timeout`.
 *
 * @param spares selects those that get no signal (but are stopped and continued).
 * @returns the number of processes that got the signal.
 * @throws {NodeJS.ErrnoException} a process cannot be read. Those that were stopped go on.
 */
export async function signalTree(
  root: ProcessId,
  signal: NodeJS.Signals,
  spares: (member: Process) => boolean = () => false,
): Promise<number> {
  const members = (await stopTree(root)).reverse();
  const reached = members.filter(member => !spares(member) && signalProcess(member, signal)).length;
  if (signal === 'SIGSTOP') return reached;
  for (const member of [...members, root]) signalProcess(member, 'SIGCONT'); // after SIGKILL, these are the spared ones
  return reached;
}

/** Stops all descendants until a pass over the tree finds no new one: then none is left that could fork. */
async function stopTree(root: ProcessId): Promise<Process[]> {
  const stopped = new Map<number, Process>();
  try {
    await stopAll(root, stopped);
  } catch (error) {
    for (const { pid } of stopped.values()) goOn(pid);
    throw error;
  }
  return [...stopped.values()];
}

async function stopAll(root: ProcessId, stopped: Map<number, Process>): Promise<void> {
  for (let pass = 0; pass < maximumPasses; pass++) {
    let fresh = 0;
    const seen = new Map<number, Process>();
    await visit(root, seen, member => {
      if (stopped.get(member.pid)?.start === member.start) return;
      stopped.set(member.pid, member);
      if (signalProcess(member, 'SIGSTOP')) fresh++;
    });
    if (fresh === 0) return;
  }
}

/** Continues a process that was just stopped, and cannot be read now. To another with its number it would do no harm. */
function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // it has ended
  }
}

/**
 * Visits the tree from the root down. `enter` is called before a process's children are listed, in the same tick in
 * which the process was read.
 */
async function visit(root: ProcessId, found: Map<number, Process>, enter: (member: Process) => void): Promise<void> {
  const slice = new Slice();
  const top = readProcess(root.pid);
  if (top === undefined || top.start !== root.start) return;
  const queue: Process[] = [top];
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const pid of childPids(parent)) {
      const child = readProcess(pid);
      // Orphans move to the root during the walk. With any other parent, the pid is not (or no longer) of this tree.
      if (child === undefined || found.has(pid) || (child.parent !== parent.pid && child.parent !== root.pid)) continue;
      found.set(pid, child);
      if (child.state === 'Z') continue;
      enter(child);
      queue.push(child);
    }
    await slice.giveWay();
    if (queue.length > 0 && !isAlive(root)) return; // then its children belong to another tree
  }
}
