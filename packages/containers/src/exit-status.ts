/**
 * How the first process of a container ended. Exit code 143 and death by SIGTERM are different values.
 *
 * - `unknown`: nobody can tell, the process that watched it was killed (or the machine went down)
 * - `not-started`: the launch ended without running the program, and whoever asked for it is gone
 */
export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number; readonly core: boolean }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-started' };

/** @param waitStatus as filled in by wait(2). */
export function fromWaitStatus(waitStatus: number): ExitStatus & { readonly kind: 'exited' | 'signaled' } {
  const signal = waitStatus & 127;
  if (signal === 0) return { kind: 'exited', code: (waitStatus >> 8) & 255 };
  return { kind: 'signaled', signal, core: (waitStatus & 128) !== 0 };
}

/** The wait(2) status, the form of `ContainerTermination.status`; undefined when it is not known. */
export function toWaitStatus(status: ExitStatus): number | undefined {
  if (status.kind === 'exited') return status.code << 8;
  if (status.kind === 'signaled') return status.signal | (status.core ? 128 : 0);
  return undefined;
}
