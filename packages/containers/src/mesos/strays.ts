import { readFile } from 'node:fs/promises';
import type { ContainerId } from '../container-id.ts';
import { containerMarker } from './launcher.ts';
import { allPids, Pace, type Process, type ProcessId, readProcess } from './proc.ts';

/** A container whose shim was killed. */
export interface ShimlessContainer {
  readonly id: ContainerId;
  /** Its first process, dead or alive. */
  readonly task: ProcessId;
  /**
   * Whether a session of that number is surely its own: not after a while, when the number may have been given to
   * another process.
   */
  readonly ownsSession: boolean;
}

/**
 * Finds what is left of a container without a shim: processes that carry its marker in their environment or belong to
 * its first process's session, and all their descendants. (A running spawner has killed the direct leavings by then,
 * marked or not; this is for those whose spawner is gone as well.) One that wiped its environment, left the session and
 * lost its parents is not found: the linux launcher's cgroups have no such hole.
 */
export async function findStrays({ id, task, ownsSession }: ShimlessContainer): Promise<Process[]> {
  const all = await processes();
  const strays = new Set<number>();
  const candidates = all.filter(({ process }) => process.start >= task.start && process.state !== 'Z');
  for (const { process, marker } of candidates) {
    if ((ownsSession && process.session === task.pid) || marker === id) strays.add(process.pid);
  }
  for (let before = 0; before !== strays.size; ) {
    before = strays.size;
    for (const { process } of candidates) if (strays.has(process.parent)) strays.add(process.pid);
  }
  return candidates.filter(({ process }) => strays.has(process.pid)).map(({ process }) => process);
}

interface Snapshot {
  readonly process: Process;
  /** Id of the container it says it belongs to; undefined also where its environment may not be read. */
  readonly marker: string | undefined;
}

let running: Promise<Snapshot[]> | undefined;
let next: Promise<Snapshot[]> | undefined;

/** All processes as of some moment after this call. Callers share walks: one is under way, one waits, no more. */
function processes(): Promise<Snapshot[]> {
  next ??= (async () => {
    await running;
    running = next;
    next = undefined;
    return walk();
  })();
  return next;
}

async function walk(): Promise<Snapshot[]> {
  const pace = new Pace();
  const snapshots: Snapshot[] = [];
  for (const pid of allPids()) {
    const process = readProcess(pid);
    if (process === undefined) continue;
    // Unlike the rest of /proc this one may have to wait for the process's memory lock: not on our thread.
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    snapshots.push({ process, marker: markerIn(environment) });
    await pace.breathe();
  }
  return snapshots;
}

function markerIn(environment: string): string | undefined {
  const prefix = `${containerMarker}=`;
  const variable = environment.split('\0').find(variable => variable.startsWith(prefix));
  return variable?.slice(prefix.length);
}
