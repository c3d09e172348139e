import type { Environment } from '../../environment.ts';
import { containerRoot, mountFlags, type PlannedMount } from '../launch-plan.ts';

/** What a terminal adds to a container. */
export interface TerminalParts {
  readonly environment: Environment;
  /** Made after all others. */
  readonly mounts: readonly PlannedMount[];
}

/**
 * Returns what a container with a terminal needs besides that: programs look for the kind of terminal in `TERM`; and in a root
 * file system of its own, where the machine's `/dev/pts` is not seen, the terminal is `/dev/console`, as in Mesos.
 *
 * @param device undefined: it has no terminal.
 */
export function terminalParts(device: string | undefined, hasOwnRoot: boolean): TerminalParts {
  if (device === undefined) return { environment: {}, mounts: [] };
  const console: PlannedMount = {
    ...{ source: device, target: '/dev/console', targetRoot: containerRoot },
    ...{ flags: mountFlags.bind, create: 'file' },
  };
  return { environment: { TERM: 'xterm' }, mounts: hasOwnRoot ? [console] : [] };
}
