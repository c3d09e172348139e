import { Slice } from '../time/slice.ts';
import { childPids, isAlive, type Process, type ProcessId, readProcess, signalProcess } from './proc.ts';

/** A tree that grows for this many passes gets the signal anyway; whoever needs it dead comes again. */
const maximumPasses = 50;

/**
 * All descendants of a process, without itself. What is wrong about one listing (see `childPids`) is right about the
 * next; use `stopTree` where none may be missing.
 */
export async function descendants(root: ProcessId): Promise<Process[]> {
  const found = new Map<number, Process>();
  await visit(root, found, () => {});
  return [...found.values()];
}

/**
 * Sends a signal to all descendants of a process, not to itself: stops them all, parents before children, until no new
 * one turns up; signals all; continues all. Only what is a descendant at that moment is touched. The process itself is
 * continued, too: one of them may have stopped it, and then nobody would see them end.
 *
 * Children are continued, and killed, before their parents: the kernel sends SIGHUP to a process group that has a stopped
 * member when the last parent outside of the group ends, as a shell does that runs `timeout`.
 *
 * @param spares those that get no signal (but are stopped and continued).
 * @returns how many got the signal.
 */
export async function signalTree(
  root: ProcessId,
  signal: NodeJS.Signals,
  spares: (member: Process) => boolean = () => false,
): Promise<number> {
  const members = (await stopTree(root)).reverse();
  const reached = members.filter(member => !spares(member) && signalProcess(member, signal)).length;
  if (signal === 'SIGSTOP') return reached;
  for (const member of [...members, root]) signalProcess(member, 'SIGCONT'); // after SIGKILL: the spared
  return reached;
}

/** Stops all descendants until a pass over the tree meets none that is new: then none is left that could fork. */
async function stopTree(root: ProcessId): Promise<Process[]> {
  const stopped = new Map<number, Process>();
  for (let pass = 0; pass < maximumPasses; pass++) {
    let fresh = 0;
    const seen = new Map<number, Process>();
    await visit(root, seen, member => {
      if (stopped.get(member.pid)?.start === member.start) return;
      stopped.set(member.pid, member);
      if (signalProcess(member, 'SIGSTOP')) fresh++;
    });
    if (fresh === 0) break;
  }
  return [...stopped.values()];
}

/** Walks down from the root; `enter` runs before a process's children are listed, in the tick it was looked at. */
async function visit(root: ProcessId, found: Map<number, Process>, enter: (member: Process) => void): Promise<void> {
  const slice = new Slice();
  const top = readProcess(root.pid);
  if (top === undefined || top.start !== root.start) return;
  const queue: Process[] = [top];
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const pid of childPids(parent)) {
      const child = readProcess(pid);
      // Orphans move to the root while we look. Any other parent: the pid is not of this tree (any more).
      if (child === undefined || found.has(pid) || (child.parent !== parent.pid && child.parent !== root.pid)) continue;
      found.set(pid, child);
      if (child.state === 'Z') continue;
      enter(child);
      queue.push(child);
    }
    await slice.giveWay();
    if (queue.length > 0 && !isAlive(root)) return; // then its children are somebody else's
  }
}
