import { setTimeout as sleep } from 'node:timers/promises';
import { findStrays, isAlive, type Kin, type Process, readProcess, signalProcess } from '@meseta/system';

/** How long a command has after SIGTERM. */
const graceMs = 1000;
/** Passes over a family that grows while it is being stopped. */
const maximumPasses = 20;
/** Nothing ends a process in an uninterruptible wait: then we go on without it. */
const killTimeoutMs = 5000;

const markerOf = (callId: string) => ({ name: 'MESOS_COMMAND_MODULE_CALL', value: callId });

/** How the processes of a call are known: they carry its id, or are in the session of the first. */
export function kinOf(pid: number, callId: string): Kin {
  const start = readProcess(pid)?.start ?? 0;
  return { first: { pid, start }, ownsSession: true, marker: markerOf(callId) };
}

/** Ends what is left of a call of which nothing but its id is known. */
export function killCall(callId: string): Promise<void> {
  return killKin({ first: { pid: 0, start: 0 }, ownsSession: false, marker: markerOf(callId) });
}

/**
 * Ends a command and all that came from it, descendants included that outlived their parents or left its session:
 * SIGTERM, then SIGKILL to what is left after a second.
 */
export async function killKin(kin: Kin): Promise<void> {
  const known = await signalAll(kin, 'SIGTERM', []);
  if (await goneWithin(kin, known, graceMs)) return;
  const deadline = performance.now() + killTimeoutMs;
  do await signalAll(kin, 'SIGKILL', known);
  while (!(await goneWithin(kin, known, 200)) && performance.now() < deadline);
}

/** Stops them all until no new one turns up, then signals them; so none escapes by forking meanwhile. */
async function signalAll(kin: Kin, signal: 'SIGTERM' | 'SIGKILL', known: readonly Process[]): Promise<Process[]> {
  const stopped = new Map<number, Process>();
  for (let pass = 0; pass < maximumPasses; pass++) {
    const fresh = [...known, ...(await findStrays(kin))].filter(each => stopped.get(each.pid)?.start !== each.start);
    const reached = fresh.filter(each => signalProcess(each, 'SIGSTOP'));
    if (reached.length === 0) break;
    for (const each of reached) stopped.set(each.pid, each);
  }
  for (const each of stopped.values()) signalProcess(each, signal);
  if (signal === 'SIGTERM') for (const each of stopped.values()) signalProcess(each, 'SIGCONT');
  return [...stopped.values()];
}

/** Whether nobody is left, of those known by name or found anew, when the time is up or before. */
async function goneWithin(kin: Kin, known: readonly Process[], ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  for (let delayMs = 5; ; delayMs = Math.min(delayMs * 2, 100)) {
    const left = known.some(isAlive) || (await findStrays(kin)).length > 0;
    if (!left) return true;
    if (performance.now() + delayMs > deadline) return false;
    await sleep(delayMs);
  }
}
