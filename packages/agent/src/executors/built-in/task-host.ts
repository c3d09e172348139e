/** What a supervised task needs of the executor that it belongs to. */
import type { ContainerId } from '@meseta/containers';
import type { TaskId, TaskInfo } from '@meseta/protocol';
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
  /** The task's sandbox, an absolute path. */
  readonly sandbox: string;
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
  /** Destroys the task's container once, and calls hooks. Never rejects. */
  endContainer(task: TaskInfo): Promise<void>;
  /**
   * Sends the terminal status, and does what the task's end means for the executor.
   *
   * @param tell is called at once; resolves when the status is on disk.
   * @returns when the container may be removed, and is.
   */
  end(tell: () => Promise<void>): Promise<void>;
}
