import { readFile } from 'node:fs/promises';
import { Slice } from '../time/slice.ts';
import { allPids, type Process, type ProcessId, readProcess } from './proc.ts';

/** How processes are known that come from one first process, whatever parents they have by now. */
export interface Kin {
  /** A variable in the environment they inherit. */
  readonly marker: { readonly name: string; readonly value: string };
  /** The first process, dead or alive. */
  readonly first: ProcessId;
  /**
   * Whether a session of the first process's number is surely its own: not after a while, when the number may have been
   * given to another process.
   */
  readonly ownsSession: boolean;
}

/**
 * Finds processes that carry the marker in their environment or belong to the first process's session, and all their
 * descendants. One that wiped its environment, left the session and lost its parents is not found.
 */
export async function findStrays({ marker, first, ownsSession }: Kin): Promise<Process[]> {
  const all = await processes();
  const variable = `\0${marker.name}=${marker.value}\0`;
  const strays = new Set<number>();
  const candidates = all.filter(({ process }) => process.start >= first.start && process.state !== 'Z');
  for (const { process, environment } of candidates) {
    if ((ownsSession && process.session === first.pid) || environment.includes(variable)) strays.add(process.pid);
  }
  for (let before = 0; before !== strays.size; ) {
    before = strays.size;
    for (const { process } of candidates) if (strays.has(process.parent)) strays.add(process.pid);
  }
  return candidates.filter(({ process }) => strays.has(process.pid)).map(({ process }) => process);
}

interface Snapshot {
  readonly process: Process;
  /** Variables between NULs; empty where it may not be read. */
  readonly environment: string;
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
  const slice = new Slice();
  const snapshots: Snapshot[] = [];
  for (const pid of allPids()) {
    const process = readProcess(pid);
    if (process === undefined) continue;
    // Unlike the rest of /proc this one may have to wait for the process's memory lock: not on our thread.
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    snapshots.push({ process, environment: `\0${environment}` });
    await slice.giveWay();
  }
  return snapshots;
}
