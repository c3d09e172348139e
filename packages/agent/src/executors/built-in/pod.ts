/**
 * The default executor: its container has no program, and each of its tasks runs in a container nested in that one. Tasks
 * come in groups, which are launched together: when one of a group fails or is killed, the others are killed. It ends when
 * no task is left.
 *
 * ```text
 * start ─▶ (container is launched) ─▶ launch group … ─▶ last task has ended ─▶ container is destroyed ─▶ terminated
 *                     └─ fails: its tasks fail                  ▲
 *                                  container ends by itself ────┘ the tasks that are left are lost
 * ```
 *
 * @see Mesos src/launcher/default_executor.cpp
 */
import type { ContainerId, ExitStatus } from '@meseta/containers';
import { checkId, type IdMap, type TaskId, type TaskInfo, type TaskState } from '@meseta/protocol';
import type { KnownCommandTask } from '@meseta/tasks';
import { newContainerId } from '../../ids.ts';
import type { Executor } from '../../state/executor.ts';
import { endContainer } from '../container-end.ts';
import { explain, launchExecutor } from '../custom.ts';
import { deliverQueued } from '../deliver.ts';
import { executorTerminated, shutdownExecutor } from '../end.ts';
import { BuiltInExecutor, type BuiltInKind, type RecordedTask } from './built-in-executor.ts';
import { type GroupRecord, markAsPod, writeGroup } from './pod-operations.ts';
import { type PodMember, PodTaskHost } from './pod-task-host.ts';
import type { ExecutorScope } from './task-host.ts';

/** The executor has no process that could exit; in Mesos it exits with status 0. */
const ordinaryEnd: ExitStatus = { kind: 'exited', code: 0 };
const unknownEnd: ExitStatus = { kind: 'unknown' };

/** A task of a pod that an earlier agent wrote down. */
export interface RecoveredPodTask extends RecordedTask {
  /** Undefined: it was not launched. */
  readonly container: ContainerId | undefined;
  readonly group: GroupRecord | undefined;
  /** Its last state; undefined before its first status. */
  readonly state: TaskState | undefined;
  /** Of a task that has not ended; `lost`: there is no container, and why. Undefined: it has ended. */
  readonly known?: Omit<KnownCommandTask, 'fired'> | { readonly lost: string };
}

function newContainer({ container: parent }: Executor): ContainerId {
  return { value: newContainerId(), parent };
}

/** See the file's head. Makes itself the executor's connection. */
export class Pod implements BuiltInKind {
  readonly #scope: ExecutorScope;
  readonly #tasks: BuiltInExecutor;
  /** The tasks that have not ended. */
  readonly #members: IdMap<'task', PodMember> = new Map();
  /** Ended tasks whose containers are being removed. */
  readonly #leaving = new Set<Promise<void>>();
  #exit = ordinaryEnd;
  #isEnding = false;

  constructor(scope: ExecutorScope) {
    this.#scope = scope;
    this.#tasks = new BuiltInExecutor(scope, this);
  }

  /** Launches the executor's container, and then the tasks that wait. What fails ends the tasks; nothing is thrown. */
  async start(): Promise<void> {
    const { context, framework, executor } = this.#scope;
    if (!(await launchExecutor(context, framework, executor))) return;
    markAsPod(context, executor);
    if (executor.state === 'REGISTERING') executor.state = 'RUNNING';
    context.agent.notify(observer => observer.executorConnected?.(executor));
    this.#watch();
    await deliverQueued(context, framework, executor);
    this.#endIfIdle();
  }

  /**
   * Takes over from an earlier agent. Tasks that were not launched, or whose containers are gone, have failed; what that
   * means for the others of their groups is done again.
   *
   * @param isRunning the executor's container has not ended.
   */
  recover(tasks: readonly RecoveredPodTask[], { isRunning }: { readonly isRunning: boolean }): void {
    const { context, executor } = this.#scope;
    executor.state = isRunning ? 'RUNNING' : 'TERMINATING';
    for (const { info, known, container, group } of tasks) {
      const taskId = checkId<'task'>(info.task_id.value);
      if (known === undefined) continue;
      const ownGroup = group?.tasks ?? tasks.find(each => each.group?.tasks.includes(taskId))?.group?.tasks ?? [taskId];
      const member = { container: container ?? newContainer(executor), group: ownGroup, written: Promise.resolve() };
      this.#members.set(taskId, member);
    }
    for (const task of tasks) {
      if (task.known !== undefined && !('lost' in task.known)) this.#tasks.recover(task, task.known);
    }
    for (const task of tasks)
      if (task.known !== undefined && 'lost' in task.known) this.#tasks.lost(task, task.known.lost);
    for (const { info, known, state, group } of tasks) {
      const ended = known === undefined && state !== undefined;
      if (ended) this.#endGroup(checkId(info.task_id.value), state, group?.tasks ?? []);
    }
    if (context.flags.recover === 'cleanup') shutdownExecutor(context, this.#scope.framework, executor);
    this.#watch();
    this.#endIfIdle();
  }

  hostOf(scope: ExecutorScope, taskId: TaskId): PodTaskHost {
    const member = this.#members.get(taskId);
    if (!member) throw new Error(`Task ${taskId} is not in a group of executor ${scope.executor.id}`);
    return new PodTaskHost(scope, taskId, member, (state, removed) => this.#ended(taskId, state, removed));
  }

  launch({ context, executor }: ExecutorScope, tasks: readonly TaskInfo[]): void {
    const group = tasks.map(({ task_id }) => checkId<'task'>(task_id.value));
    const added = group.map((taskId, index): [TaskId, PodMember, TaskInfo | undefined] => {
      return [taskId, { container: newContainer(executor), group, written: Promise.resolve() }, tasks[index]];
    });
    const written = writeGroup(
      context,
      executor,
      added.map(([taskId, { container }, info]) => ({ taskId, container, info })),
      group,
    );
    written.catch(() => {}); // each task finds it out for itself
    for (const [taskId, member] of added) this.#members.set(taskId, { ...member, written });
    for (const info of tasks) {
      this.#tasks.run(info).catch(error => context.log.error('Failed to launch a task', { error }));
    }
  }

  shutdown(): void {
    const { context, executor } = this.#scope;
    if (executor.pid === undefined) void context.containerizer.destroy(executor.container);
    else this.#endIfIdle();
  }

  /** A task has ended. @param removed when its container is. */
  #ended(taskId: TaskId, state: TaskState, removed: Promise<void>): void {
    const group = this.#members.get(taskId)?.group ?? [];
    this.#members.delete(taskId);
    this.#leaving.add(removed);
    const left = () => this.#leaving.delete(removed);
    removed.then(left, left);
    this.#endGroup(taskId, state, group);
    this.#tasks.forget(taskId);
    this.#endIfIdle();
  }

  /** Kills the other tasks of a group when one has failed or was killed. */
  #endGroup(taskId: TaskId, state: TaskState, group: readonly TaskId[]): void {
    const { context, executor } = this.#scope;
    if (state === 'TASK_FINISHED' || executor.state !== 'RUNNING') return;
    const others = group.filter(other => this.#members.has(other));
    if (others.length > 0) context.log.info('Killing the other tasks of a group', { task_id: taskId, state, others });
    for (const other of others) this.#tasks.end(other);
  }

  #watch(): void {
    const { context, executor } = this.#scope;
    const watched = async () => {
      const termination = await context.containerizer.wait(executor.container);
      if (this.#isEnding) return;
      explain(executor, termination);
      this.#exit = termination?.exit ?? unknownEnd;
      if (executor.state === 'RUNNING') executor.state = 'TERMINATING';
      await this.#endContainer(); // with those nested in it, so that each task finds out
      this.#endIfIdle();
    };
    watched().catch(error => context.log.error('Failed to watch a pod', { error, executor_id: executor.id }));
  }

  /** Ends the executor when it has no task. */
  #endIfIdle(): void {
    const { context, executor } = this.#scope;
    const awaits = executor.state === 'RUNNING' && executor.queuedTasks.size > 0;
    if (this.#isEnding || awaits || this.#members.size > 0) return;
    this.#isEnding = true;
    executor.state = 'TERMINATING';
    this.#end().catch(error => context.log.error('Failed to end a pod', { error, executor_id: executor.id }));
  }

  async #end(): Promise<void> {
    const { context, framework, executor } = this.#scope;
    await Promise.allSettled(this.#leaving); // with the last statuses on disk
    await this.#endContainer();
    await executorTerminated(context, framework, executor, this.#exit);
  }

  #endContainer(): Promise<void> {
    const { context, framework, executor } = this.#scope;
    return endContainer(context, framework.info, executor, executor.info);
  }
}
