import { BoundedHistory } from '@meseta/daemon';
import type { FrameworkId, FrameworkInfo, FrameworkInfoCapabilityType, IdMap } from '@meseta/protocol';
import type { Executor } from './executor.ts';

/** `TERMINATING`: the master said that it is gone, its executors are being shut down; nothing new is launched. */
export type FrameworkState = 'RUNNING' | 'TERMINATING';

/** A framework with executors on this agent. */
export class Framework {
  readonly id: FrameworkId;
  info: FrameworkInfo;
  /** `scheduler-…@ip:port` of a v0 driver: its executors' messages go there directly. Undefined: through the master. */
  pid: string | undefined;
  state: FrameworkState = 'RUNNING';
  /** Whether it is on disk, or need not be: false when writing it down failed. */
  written: Promise<boolean> = Promise.resolve(true);
  readonly executors: IdMap<'executor', Executor> = new Map();
  /** The latest `--max_completed_executors_per_framework` whose every update is acknowledged. */
  readonly completedExecutors: BoundedHistory<'container', Executor>;
  /** The executor of each task that is queued, alive or unacknowledged. */
  readonly executorsByTask: IdMap<'task', Executor> = new Map();

  constructor(id: FrameworkId, info: FrameworkInfo, pid: string | undefined, maxCompletedExecutors: number) {
    this.id = id;
    this.info = info;
    this.pid = pid === '' ? undefined : pid;
    this.completedExecutors = new BoundedHistory(maxCompletedExecutors);
  }

  has(capability: FrameworkInfoCapabilityType): boolean {
    return this.info.capabilities?.some(({ type }) => type === capability) ?? false;
  }

  /** Whether what it runs survives the agent. */
  get checkpoint(): boolean {
    return this.info.checkpoint ?? false;
  }
}
