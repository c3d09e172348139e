import { childPids, type Process, readOfProcess, readProcess, signalProcess } from '@meseta/system';
import { LaunchError } from '../../errors.ts';
import type { Spawner } from '../spawner.ts';
import type { ShimContainer } from './shim-container.ts';

const lookMs = 1000;
/** How often shims are looked at, in looks at the spawner: there may be hundreds. */
const looksPerShims = 5;

/** How long a launch may take, and who is told what was in its way. */
export interface SetUpOptions {
  /** From the request until the container's process waits for `go`. */
  readonly timeoutMs: number;
  readonly onWarning: (message: string) => void;
  /** Returns the pids of the shims of containers that are set up: one that was stopped is not in the way of a launch. */
  readonly inUse: () => ReadonlySet<number>;
}

/**
 * Waits until a container is set up and its process waits for `go`. A spawner or shim that something has stopped
 * (SIGSTOP) would never get there: it is continued.
 *
 * @throws {LaunchError} the launch failed, or took too long: then it is given up, and ends as soon as it goes on.
 */
export async function untilSetUp(container: ShimContainer, spawner: Spawner, options: SetUpOptions): Promise<void> {
  const { timeoutMs, onWarning, inUse } = options;
  const proceed = (process: Process, what: string) => {
    if (process.state !== 'T' || !signalProcess(process, 'SIGCONT')) return;
    onWarning(
      `${what} (process ${process.pid}) was stopped, so container ${container.id} did not start; it goes on now`,
    );
  };
  let looks = 0;
  const look = () => {
    const parent = readProcess(spawner.pid);
    if (parent) proceed(parent, 'The process that launches containers');
    if (++looks % looksPerShims > 0 || !parent) return;
    const used = inUse();
    for (const process of withChildren(childPids(parent).filter(pid => !used.has(pid))))
      proceed(process, 'A process of its launch');
  };
  const looking = setInterval(() => readable(look), Math.min(lookMs, timeoutMs));
  const end = setTimeout(() => {
    container.onFailed(tooLong(container, spawner, timeoutMs));
    spawner.send(['abort', container.id]);
  }, timeoutMs);
  try {
    await container.ready.promise;
  } finally {
    clearInterval(looking);
    clearTimeout(end);
  }
}

/** Returns shims, then the first processes of their containers, and those below. */
function withChildren(pids: readonly number[]): Process[] {
  const shims = existing(pids);
  const first = shims.flatMap(shim => existing(childPids(shim)));
  return [...shims, ...first, ...first.flatMap(process => existing(childPids(process)))];
}

const existing = (pids: readonly number[]) => pids.map(readProcess).filter(process => process !== undefined);

const title = (pid: number) => readOfProcess(pid, 'cmdline')?.split('\0')[0]?.trim() ?? '';

/** Looks at processes; undefined when one cannot be read. */
function readable<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined; // the launch goes on without it, and the next look may tell
  }
}

/** Returns the process that sets a container up: the last one of its launch. */
function lastOf(container: ShimContainer, spawner: Spawner): Process | undefined {
  const parent = readProcess(spawner.pid);
  const shims = parent ? childPids(parent).filter(pid => title(pid) === `meseta-shim ${container.id}`) : [];
  return withChildren(shims).at(-1) ?? parent;
}

function tooLong(container: ShimContainer, spawner: Spawner, timeoutMs: number): LaunchError {
  const last = readable(() => lastOf(container, spawner));
  const who = last
    ? `process ${last.pid}, which sets it up, is ${stateWords[last.state] ?? last.state}`
    : 'nothing sets it up';
  return new LaunchError(
    'SPAWNER',
    `Container ${container.id} was not set up within ${timeoutMs / 1000} secs: ${who}. Look at what it waits for, or end it`,
  );
}

const stateWords: Readonly<Record<string, string>> = {
  D: 'waiting for a disk or a network file system',
  R: 'running',
  S: 'waiting',
  T: 'stopped',
  t: 'stopped by a debugger',
};
