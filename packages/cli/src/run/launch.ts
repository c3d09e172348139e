import type { ExecutorInfo, TaskInfo } from '@meseta/protocol';

/** A task without the fields that an offer decides. */
export type TaskTemplate = Omit<TaskInfo, 'agent_id'>;

/** What is launched: one task, or with an executor a group of them. */
export interface Launch {
  readonly tasks: readonly [TaskTemplate, ...TaskTemplate[]];
  /** The executor of a group, with its resources. */
  readonly executor?: ExecutorInfo;
}
