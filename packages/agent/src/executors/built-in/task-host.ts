/** What a supervised task needs of the executor that it belongs to. */
import type { ContainerId, Termination } from '@meseta/containers';
import type { ContainerStatus, TaskId, TaskInfo, TaskState } from '@meseta/protocol';
import type { RegisteredContext } from '../../context.ts';
import type { Executor } from '../../state/executor.ts';
import type { Framework } from '../../state/framework.ts';
import type { ExecutorLaunch } from '../launch.ts';

/** An executor, its framework, and the agent that both are on. */
export interface ExecutorScope {
  readonly context: RegisteredContext;
  readonly framework: Framework;
  readonly executor: Executor;
}

/**
 * One task's ties to its built-in executor: which container it has, and what its start and its end mean for the
 * executor. All that differs between kinds of built-in executors is in their hosts. Nothing waits before it acts.
 */
export interface TaskHost extends ExecutorScope {
  readonly taskId: TaskId;
  /** The container that the task's command is the first process of. */
  readonly container: ContainerId;
  /** The task is one of a group, see `CommandTaskOptions.inGroup`. */
  readonly inGroup: boolean;
  /** What the task's statuses say of its container; undefined: what the agent says of the executor's. */
  readonly containerStatus: ContainerStatus | undefined;
  /** The task's sandbox, an absolute path. */
  readonly sandbox: string;
  /** Returns the user that the task, its checks and its hooks run as; undefined for the agent's own. */
  userOf(task: TaskInfo): string | undefined;
  /**
   * Stores the task and creates its sandbox, for hooks that run before the launch. The launch then gets `written`.
   *
   * @throws {LaunchError} and rejects as `writeExecutor`.
   */
  write(task: TaskInfo): Promise<void>;
  /**
   * Launches the task's container. Rejects as `launchContainer`.
   *
   * @returns the pid of its first process; undefined where the containerizer does not know it.
   */
  launch(task: TaskInfo, options: Omit<ExecutorLaunch, 'task' | 'checkpoint'>): Promise<number | undefined>;
  /** The task's command runs. @param pid undefined: an earlier agent launched it, or it is not known. */
  launched(pid?: number): void;
  /**
   * Waits for the end of the container's first process. Undefined for an unknown container.
   *
   * @returns with `executor`: the container was ended with the executor's, which ended like this.
   */
  wait(): Promise<TaskTermination | undefined>;
  /** Ends the container while it is being launched, on behalf of the task. */
  destroy(): Promise<void>;
  /** Destroys the task's container once, and calls hooks. Never rejects. */
  endContainer(task: TaskInfo): Promise<void>;
  /**
   * Sends the terminal status, and does what the task's end means for the executor.
   *
   * @param state of the status.
   * @param tell is called at once; resolves when the status is on disk.
   * @returns when the container may be removed, and is.
   */
  end(state: TaskState, tell: () => Promise<void>): Promise<void>;
}

/** How a task's container ended, see `TaskHost.wait`. */
export interface TaskTermination extends Termination {
  readonly executor?: Termination;
}
