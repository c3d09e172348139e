/**
 * The built-in executor of one command task, the case N = 1: the task's container is the executor's own, the executor
 * is written down and ends with its task, and takes no other one.
 */
import { join } from 'node:path';
import type { Termination } from '@meseta/containers';
import type { TaskId, TaskInfo, TaskState } from '@meseta/protocol';
import { executorForHooks } from '../../isolation/container-config.ts';
import { settle } from '../../settle.ts';
import { runIds } from '../../state/run-ids.ts';
import { endContainer } from '../container-end.ts';
import { type ExecutorLaunch, launchContainer } from '../launch.ts';
import { writeExecutor } from '../start-operations.ts';
import type { BuiltInKind } from './built-in-executor.ts';
import type { ExecutorScope, TaskHost } from './task-host.ts';

/** See the file's head. */
export const commandExecutor: BuiltInKind = {
  hostOf: (scope, taskId) => new CommandTaskHost(scope, taskId),
  launch({ executor }) {
    throw new Error(`The executor of command task ${executor.id} takes no second task`); // runTask refuses it before
  },
};

class CommandTaskHost implements TaskHost {
  readonly context: TaskHost['context'];
  readonly framework: TaskHost['framework'];
  readonly executor: TaskHost['executor'];
  readonly taskId: TaskId;
  readonly inGroup = false;
  readonly containerStatus = undefined;

  constructor({ context, framework, executor }: ExecutorScope, taskId: TaskId) {
    this.context = context;
    this.framework = framework;
    this.executor = executor;
    this.taskId = taskId;
  }

  get container() {
    return this.executor.container;
  }

  get sandbox(): string {
    return this.executor.directory;
  }

  userOf(): string | undefined {
    return this.executor.user;
  }

  write(task: TaskInfo): Promise<void> {
    return writeExecutor(this.context, this.executor, task);
  }

  launch(task: TaskInfo, options: Omit<ExecutorLaunch, 'task' | 'checkpoint'>): Promise<number | undefined> {
    return launchContainer(this.context, this.executor, { task, ...options });
  }

  launched(pid?: number): void {
    if (pid !== undefined) this.#writePid(pid);
    if (this.executor.state === 'REGISTERING') this.executor.state = 'RUNNING';
  }

  async wait(): Promise<Termination | undefined> {
    return this.context.containerizer.wait(this.container);
  }

  destroy(): Promise<void> {
    return this.context.containerizer.destroy(this.container);
  }

  endContainer(task: TaskInfo): Promise<void> {
    const { context, framework, executor } = this;
    return endContainer(context, framework.info, executor, executorForHooks(executor, task));
  }

  end(_state: TaskState, tell: () => Promise<void>): Promise<void> {
    const { context, executor } = this;
    executor.state = 'TERMINATED'; // before its task can be acknowledged
    const written = tell();
    context.agent.notify(observer => observer.executorTerminated?.(executor));
    return this.#forget(written);
  }

  async #forget(written: Promise<void>): Promise<void> {
    const { context, framework, executor } = this;
    await written;
    await executor.containerEnd;
    await context.containerizer.remove(executor.container); // only now: its exit status is safe elsewhere
    settle(context, framework, executor);
  }

  /** The launcher has its own records; this one is for people and tools that know Mesos's directories. */
  #writePid(pid: number): void {
    const { agent, disk, paths, log } = this.context;
    if (!this.executor.checkpoint) return;
    const run = paths.run(paths.meta, agent.id, runIds(this.executor));
    disk
      .perform([{ type: 'write', path: join(run, 'pids', 'forked.pid'), data: String(pid) }])
      .catch(error => log.warning('Failed to write forked.pid', { error, task_id: this.taskId }));
  }
}
