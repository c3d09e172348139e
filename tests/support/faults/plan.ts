/** What happens to an agent at a step. */
export const faultNames = ['none', 'agent', 'spawner', 'shim', 'task', 'ENOSPC', 'EMFILE', 'ENOENT', 'EIO'] as const;

/** Processes are killed with -9; the others are errors of a change on disk: `ENOSPC` of all that follow, too. */
export type Fault = (typeof faultNames)[number];

/** What is to happen to an agent. */
export interface Plan {
  /** Counted from 1; 0: nothing is counted. */
  readonly step: number;
  /** A regular expression: the step is the first one from `step` on that it matches. */
  readonly at?: string;
  /** Default: the steps are only counted, and written down. */
  readonly fault?: Fault;
  /** A process is killed when the step is done, not before. */
  readonly after?: boolean;
}
