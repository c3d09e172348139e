import { type ContainerId, nestedSandbox } from '@meseta/containers';
import type { ContainerStatus, TaskId, TaskInfo, TaskState } from '@meseta/protocol';
import { endsWithin } from '@meseta/system';
import { containerStatus } from '../../task-updates.ts';
import type { ExecutorLaunch } from '../launch.ts';
import { launchNested } from './launch-nested.ts';
import { podTaskUser } from './pod-operations.ts';
import { hideVolumes } from './pod-volumes.ts';
import type { ExecutorScope, TaskHost, TaskTermination } from './task-host.ts';

/** How long after a task's container that of its executor ends at the latest, when both are ended together. */
const executorEndMs = 5000;

/** A task of a pod. */
export interface PodMember {
  readonly container: ContainerId;
  /** All tasks that it was launched with, itself included. */
  readonly group: readonly TaskId[];
  /** Settles when it is written down with its group and has a sandbox. */
  readonly written: Promise<void>;
}

/** The ties of a pod's task to its executor: its container is nested in the executor's. */
export class PodTaskHost implements TaskHost {
  readonly context: TaskHost['context'];
  readonly framework: TaskHost['framework'];
  readonly executor: TaskHost['executor'];
  readonly taskId: TaskId;
  readonly inGroup = true;
  readonly container: ContainerId;
  readonly #written: Promise<void>;
  readonly #onEnd: (state: TaskState, removed: Promise<void>) => void;
  #isRunning = false;
  /** It was ended while it was being launched, and not with the executor's container. */
  #isUnwanted = false;
  #end: Promise<void> | undefined;

  /** @param onEnd called when the task's terminal status is in the agent's state. */
  constructor(
    { context, framework, executor }: ExecutorScope,
    taskId: TaskId,
    { container, written }: PodMember,
    onEnd: (state: TaskState, removed: Promise<void>) => void,
  ) {
    this.context = context;
    this.framework = framework;
    this.executor = executor;
    this.taskId = taskId;
    this.container = container;
    this.#written = written;
    this.#onEnd = onEnd;
  }

  get sandbox(): string {
    return nestedSandbox(this.executor.directory, this.container);
  }

  /** As in Mesos, there is nothing but the id before the container is launched, and after its end. */
  get containerStatus(): ContainerStatus {
    const { context, container, executor } = this;
    const pid = this.#isRunning ? context.containerizer.pid(container) : undefined;
    if (pid === undefined) return { container_id: container };
    return { ...containerStatus(context, executor), container_id: container, executor_pid: pid };
  }

  userOf(task: TaskInfo): string | undefined {
    return podTaskUser(this.context, this.executor, task);
  }

  write(): Promise<void> {
    return this.#written;
  }

  async launch(task: TaskInfo, options: Omit<ExecutorLaunch, 'task' | 'checkpoint'>): Promise<number | undefined> {
    await this.#written;
    return launchNested(this, task, options);
  }

  launched(): void {
    this.#isRunning = true;
  }

  async wait(): Promise<TaskTermination | undefined> {
    const { clock, containerizer } = this.context;
    const termination = await containerizer.wait(this.container);
    if (!termination?.destroyed || termination.limitation || this.#isUnwanted || this.#end) return termination;
    const ended = containerizer.wait(this.executor.container);
    if (ended && !(await endsWithin(clock, executorEndMs, ended))) return termination; // a client ended the task alone
    return { ...termination, executor: (await ended) ?? { exit: { kind: 'unknown' } } };
  }

  destroy(): Promise<void> {
    this.#isUnwanted = true;
    return this.context.containerizer.destroy(this.container);
  }

  endContainer(task: TaskInfo): Promise<void> {
    this.#isRunning = false;
    this.#end ??= this.context.containerizer.destroy(this.container).then(() => hideVolumes(this, task));
    return this.#end;
  }

  end(state: TaskState, tell: () => Promise<void>): Promise<void> {
    this.#isRunning = false;
    const removed = this.#remove(tell());
    this.#onEnd(state, removed);
    return removed;
  }

  async #remove(written: Promise<void>): Promise<void> {
    await written;
    await this.#end;
    await this.context.containerizer.remove(this.container); // only now: its exit status is safe elsewhere
  }
}
