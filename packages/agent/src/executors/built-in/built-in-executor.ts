/**
 * Executors that run inside the agent: no process of their own, any number of tasks, each in a container of its own.
 * What differs between kinds of them is in a {@link BuiltInKind}.
 */
import { checkId, type IdMap, type KillPolicy, type TaskId, type TaskInfo, type WireId } from '@meseta/protocol';
import type { KnownCommandTask } from '@meseta/tasks';
import type { ExecutorConnection } from '../../state/executor.ts';
import { graceOf, SupervisedTask } from './supervised-task.ts';
import type { HookRecord } from './task-hooks.ts';
import type { ExecutorScope, TaskHost } from './task-host.ts';

/** The time Mesos's command executor keeps for itself of the shutdown grace period. */
const shutdownReserveMs = 2000;

/** What is particular to a kind of built-in executor. */
export interface BuiltInKind {
  /** The ties of a task to its executor. */
  hostOf(scope: ExecutorScope, taskId: TaskId): TaskHost;
  /** A task for an executor that has tasks already. @throws when there must be none. */
  launchAnother(scope: ExecutorScope, task: TaskInfo): void;
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
  /** Those that have ended stay, and ignore what comes too late. */
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

  /** Takes over a task whose container an earlier agent launched, running or ended meanwhile. */
  recover({ info, hooks }: RecordedTask, known: Omit<KnownCommandTask, 'fired' | 'nowMs'>): void {
    this.#add(info, hooks).recover(known);
  }

  /** Takes over a task whose container is gone: it has failed. */
  lost({ info, hooks }: RecordedTask, message: string): void {
    this.#add(info, hooks).lost(message);
  }

  launch(task: TaskInfo): void {
    this.#kind.launchAnother(this.#scope, task);
  }

  kill(taskId: WireId<'task'>, killPolicy: KillPolicy | undefined): void {
    this.#tasks.get(taskId)?.kill(graceOf(killPolicy));
  }

  shutdown(): void {
    const { flags } = this.#scope.context;
    const graceMs = Math.max(0, flags.executor_shutdown_grace_period - shutdownReserveMs);
    for (const task of this.#tasks.values()) task.kill(graceMs);
  }

  acknowledge(): void {
    // Nobody keeps the update: it was made in the agent.
  }

  message(): void {
    const { log } = this.#scope.context;
    log.debug('Dropped a framework message to a command task', { task_id: [...this.#tasks.keys()].join() });
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
