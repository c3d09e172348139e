/**
 * Executors that run inside the agent: no process of their own, any number of tasks, each in a container of its own.
 * What differs between kinds of them is in a {@link BuiltInKind}.
 */
import { checkId, type IdMap, type KillPolicy, type TaskId, type TaskInfo, type WireId } from '@meseta/protocol';
import type { KnownCommandTask } from '@meseta/tasks';
import type { ExecutorConnection } from '../../state/executor.ts';
import { shutdownGraceMs } from '../end.ts';
import { graceOf, SupervisedTask } from './supervised-task.ts';
import type { HookRecord } from './task-hooks.ts';
import type { ExecutorScope, TaskHost } from './task-host.ts';

/** The time Mesos's command executor keeps for itself of the shutdown grace period. */
const shutdownReserveMs = 2000;

/** What is particular to a kind of built-in executor. */
export interface BuiltInKind {
  /** The ties of a task to its executor. */
  hostOf(scope: ExecutorScope, taskId: TaskId): TaskHost;
  /** Launches tasks together that an executor gets after it was started. @throws when it takes none. */
  launch(scope: ExecutorScope, tasks: readonly TaskInfo[]): void;
  /** The executor is asked to end, and so are its tasks. */
  shutdown?(): void;
}

/** A task that an earlier agent wrote down. */
export interface RecordedTask {
  readonly info: TaskInfo;
  /** Undefined: it has no hooks. */
  readonly hooks: HookRecord | undefined;
}

/** See the file's head. Makes itself the executor's connection. */
export class BuiltInExecutor implements ExecutorConnection {
  readonly kind = 'built-in';
  readonly #scope: ExecutorScope;
  readonly #kind: BuiltInKind;
  readonly #tasks: IdMap<'task', SupervisedTask> = new Map();

  constructor(scope: ExecutorScope, kind: BuiltInKind) {
    this.#scope = scope;
    this.#kind = kind;
    scope.executor.connection = this;
  }

  /** Launches a task. Every outcome becomes a status update. */
  start(info: TaskInfo): Promise<void> {
    return this.#add(info).start();
  }

  /** The same, for one whose labels are decorated. */
  run(info: TaskInfo): Promise<void> {
    return this.#add(info).run();
  }

  /** Lets go of a task that has ended. */
  forget(taskId: TaskId): void {
    this.#tasks.get(taskId)?.close();
    this.#tasks.delete(taskId);
  }

  /** Kills a task with its own grace period, unless it is being killed. */
  end(taskId: TaskId): void {
    const task = this.#tasks.get(taskId);
    if (task && !task.isKilling) task.kill();
  }

  /** Takes over a task whose container an earlier agent launched, running or ended meanwhile. */
  recover({ info, hooks }: RecordedTask, known: Omit<KnownCommandTask, 'fired'>): void {
    this.#add(info, hooks).recover(known);
  }

  /** Takes over a task whose container is gone: it has failed. */
  lost({ info, hooks }: RecordedTask, message: string): void {
    this.#add(info, hooks).lost(message);
  }

  launch(task: TaskInfo): void {
    this.launchGroup([task]);
  }

  launchGroup(tasks: readonly TaskInfo[]): void {
    this.#kind.launch(this.#scope, tasks);
  }

  kill(taskId: WireId<'task'>, killPolicy: KillPolicy | undefined): void {
    this.#tasks.get(taskId)?.kill(graceOf(killPolicy));
  }

  shutdown(): void {
    const { context, executor } = this.#scope;
    const graceMs = Math.max(0, shutdownGraceMs(context, executor) - shutdownReserveMs);
    for (const task of this.#tasks.values()) task.kill(graceMs);
    this.#kind.shutdown?.();
  }

  acknowledge(): void {
    // No executor keeps the update: it was made in the agent.
  }

  message(): void {
    const { log } = this.#scope.context;
    log.debug('Dropped a framework message to a built-in executor', { task_id: [...this.#tasks.keys()].join() });
  }

  destroyed(): void {
    for (const task of [...this.#tasks.values()]) task.destroyed();
  }

  close(): void {
    for (const task of this.#tasks.values()) task.close();
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map(task => task.leave()));
  }

  #add(info: TaskInfo, recorded?: HookRecord): SupervisedTask {
    const taskId = checkId(info.task_id.value);
    const task = new SupervisedTask(this.#kind.hostOf(this.#scope, taskId), info, recorded);
    this.#tasks.set(taskId, task);
    return task;
  }
}
