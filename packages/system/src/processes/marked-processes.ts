import { readFile } from 'node:fs/promises';
import { Slice } from '../time/slice.ts';
import { allPids, ifEnded, type Process, type ProcessId, readProcess } from './proc.ts';

/** The marks by which the processes are found that come from one first process, even when their parents have ended. */
export interface ProcessMarks {
  /** A variable in the environment that the processes inherit. */
  readonly marker: { readonly name: string; readonly value: string };
  /** The first process, which may have ended. */
  readonly first: ProcessId;
  /**
   * True when the session with the first process's number is certain to be its own. Some time after its end it is not,
   * because the number may belong to another process.
   */
  readonly ownsSession: boolean;
}

/**
 * Finds the processes that carry the marker in their environment or belong to the first process's session, and all
 * their descendants. A process that cleared its environment, left the session and lost its parents is not found.
 *
 * @throws {NodeJS.ErrnoException} one cannot be read, and may belong to them.
 */
export async function findMarkedProcesses({ marker, first, ownsSession }: ProcessMarks): Promise<Process[]> {
  const all = await processes();
  const variable = `\0${marker.name}=${marker.value}\0`;
  const marked = new Set<number>();
  const candidates = all.filter(({ process }) => process.start >= first.start && process.state !== 'Z');
  for (const { process, environment } of candidates) {
    if ((ownsSession && process.session === first.pid) || environment.includes(variable)) marked.add(process.pid);
  }
  for (let before = 0; before !== marked.size; ) {
    before = marked.size;
    for (const { process } of candidates) if (marked.has(process.parent)) marked.add(process.pid);
  }
  return candidates.filter(({ process }) => marked.has(process.pid)).map(({ process }) => process);
}

interface Snapshot {
  readonly process: Process;
  /** The variables between NULs; empty when they may not be read. */
  readonly environment: string;
}

let running: Promise<Snapshot[]> | undefined;
let next: Promise<Snapshot[]> | undefined;

/**
 * Lists all processes at a moment after this call. Concurrent callers share the list: one listing runs and at most one
 * waits. Nothing of it is kept afterwards: environments are large, and there may be secrets in them.
 */
function processes(): Promise<Snapshot[]> {
  next ??= (async () => {
    await running?.catch(() => undefined); // its caller has the failure
    next = undefined;
    const listing = walk();
    running = listing;
    try {
      return await listing;
    } finally {
      if (running === listing) running = undefined;
    }
  })();
  return next;
}

async function walk(): Promise<Snapshot[]> {
  const slice = new Slice();
  const snapshots: Snapshot[] = [];
  for (const pid of allPids()) {
    const process = readProcess(pid);
    if (process === undefined) continue;
    // Reading this file may wait for the process's memory lock, so it must not block this thread.
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(ifEnded(''));
    snapshots.push({ process, environment: `\0${environment}` });
    await slice.giveWay();
  }
  return snapshots;
}
