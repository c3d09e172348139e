/**
 * How the first process of a container ended. Exit code 143 and death by SIGTERM are different values.
 *
 * - `unknown`: the process that watched it was killed, or the machine stopped
 * - `not-started`: the launch ended without running the program, after the agent that had requested it ended
 */
export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number; readonly core: boolean }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-started' };

/** Converts a wait status. @param waitStatus as returned by wait(2). */
export function fromWaitStatus(waitStatus: number): ExitStatus & { readonly kind: 'exited' | 'signaled' } {
  const signal = waitStatus & 127;
  if (signal === 0) return { kind: 'exited', code: (waitStatus >> 8) & 255 };
  return { kind: 'signaled', signal, core: (waitStatus & 128) !== 0 };
}

/** Returns the status in the form of wait(2), as in `ContainerTermination.status`; undefined when it is unknown. */
export function toWaitStatus(status: ExitStatus): number | undefined {
  if (status.kind === 'exited') return status.code << 8;
  if (status.kind === 'signaled') return status.signal | (status.core ? 128 : 0);
  return undefined;
}
