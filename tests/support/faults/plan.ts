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

/** Tells of a step whether a full disk makes it fail. */
export const takesRoom = (what: string): boolean => !/^(?:rm|unlink|chmod|chown|utimes)/.test(what);

/** What can be said of a cgroup that is there: when it is to be removed, that it is in use, or that those in it cannot be listed. */
export function possible(name: Fault, what: string): Fault | 'EBUSY' {
  if (!/^\w+ \/sys\/fs\/cgroup\//.test(what) || !/^E/.test(name)) return name;
  if (/^rm/.test(what)) return name === 'EMFILE' ? name : 'EBUSY';
  return name === 'ENOENT' ? 'EIO' : name;
}
