import { setTimeout as sleep } from 'node:timers/promises';
import {
  findMarkedProcesses,
  isAlive,
  isShortage,
  type Process,
  type ProcessMarks,
  readProcess,
  signalProcess,
} from '@meseta/system';

/** The time between SIGTERM and SIGKILL, in milliseconds. */
const graceMs = 1000;
/** How often processes are listed and stopped, while they go on forking. */
const maximumPasses = 20;
/** How long to wait after SIGKILL. A process in an uninterruptible wait cannot be ended. */
const killTimeoutMs = 5000;

const markerOf = (callId: string) => ({ name: 'MESOS_COMMAND_MODULE_CALL', value: callId });

/**
 * Returns the marks of a call's processes: they carry its id in their environment, or are in the session of its first
 * process.
 */
export function marksOf(pid: number, callId: string): ProcessMarks {
  const start = readProcess(pid)?.start ?? 0;
  return { first: { pid, start }, ownsSession: true, marker: markerOf(callId) };
}

/** Kills the processes of a call of which only the id is known. */
export function killCall(callId: string): Promise<void> {
  return killMarked({ first: { pid: 0, start: 0 }, ownsSession: false, marker: markerOf(callId) });
}

/**
 * Kills a command and all processes that came from it, including descendants that outlived their parents or left its
 * session: SIGTERM, and SIGKILL after a second.
 */
export async function killMarked(marks: ProcessMarks): Promise<void> {
  for (const deadline = performance.now() + killTimeoutMs; ; await sleep(200)) {
    try {
      return await killAll(marks);
    } catch (error) {
      if (!isShortage(error)) throw error;
      if (performance.now() > deadline) return; // they cannot be found
    }
  }
}

async function killAll(marks: ProcessMarks): Promise<void> {
  const known = await signalAll(marks, 'SIGTERM', []);
  if (await goneWithin(marks, known, graceMs)) return;
  const deadline = performance.now() + killTimeoutMs;
  do await signalAll(marks, 'SIGKILL', known);
  while (!(await goneWithin(marks, known, 200)) && performance.now() < deadline);
}

/** Stops all processes until no new one is found, then signals them, so that none escapes by forking meanwhile. */
async function signalAll(
  marks: ProcessMarks,
  signal: 'SIGTERM' | 'SIGKILL',
  known: readonly Process[],
): Promise<Process[]> {
  const stopped = new Map<number, Process>();
  for (let pass = 0; pass < maximumPasses; pass++) {
    const fresh = [...known, ...(await findMarkedProcesses(marks))].filter(
      each => stopped.get(each.pid)?.start !== each.start,
    );
    const reached = fresh.filter(each => signalProcess(each, 'SIGSTOP'));
    if (reached.length === 0) break;
    for (const each of reached) stopped.set(each.pid, each);
  }
  for (const each of stopped.values()) signalProcess(each, signal);
  if (signal === 'SIGTERM') for (const each of stopped.values()) signalProcess(each, 'SIGCONT');
  return [...stopped.values()];
}

/** Waits until no process is left, known or newly found. @returns false when the time is up first. */
async function goneWithin(marks: ProcessMarks, known: readonly Process[], ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  for (let delayMs = 5; ; delayMs = Math.min(delayMs * 2, 100)) {
    const left = known.some(isAlive) || (await findMarkedProcesses(marks)).length > 0;
    if (!left) return true;
    if (performance.now() + delayMs > deadline) return false;
    await sleep(delayMs);
  }
}
